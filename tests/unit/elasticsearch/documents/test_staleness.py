"""Which embeddings are of another text than the one beside them, and how an index is read for them."""

from collections.abc import Sequence
from typing import Any

import pytest

from components.elasticsearch.documents.digest import digest_of, text_of
from components.elasticsearch.documents.staleness import (
    KINDS,
    WRONG,
    Kind,
    Page,
    Tally,
    kind_of,
    read_checked,
    read_pages,
    report,
    tally,
)
from components.elasticsearch.documents.views import ViewLostError
from components.elasticsearch.errors import ElasticsearchError
from tests.unit.elasticsearch.recording import RecordedCluster, missing

A = digest_of("a")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("", ""),
        ("text", "text"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (12345678901234567890, "12345678901234567890"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-1.5e300, "-1.5E300"),
        (1.2345e-9, "1.2345E-9"),
        ([], ""),
        ([None, ["", []]], ""),
        (["a"], "a"),
        (["a", 1, None, "", [2.5, True]], "a\n1\n2.5\ntrue"),
    ],
)
def test_a_content_is_written_as_java_does(content: object, text: str) -> None:
    assert text_of(content) == text


def test_half_a_surrogate_pair_counts_as_a_question_mark() -> None:
    assert digest_of("a\ud800b") == digest_of("a?b")


@pytest.mark.parametrize(
    ("text", "digest", "embedded", "kind"),
    [
        ("a", A, True, None),
        ("b", A, True, "stale"),
        ("a", None, True, "unknown"),
        ("a", 7, True, "stale"),
        ("a", None, False, "without"),
        ("a", A, False, "without"),
        ("", None, True, None),
        ("", None, False, None),
        ("", A, True, "emptied"),
        ("", A, False, "emptied"),
    ],
)
def test_what_is_wrong_with_an_embedding(
    text: str, digest: object, embedded: bool, kind: Kind | None
) -> None:
    assert kind_of(text, digest, embedded=embedded) == kind


def hit(number: int, **more: Any) -> dict[str, Any]:
    """Return a document with an embedding that has no digest."""
    return {
        "_id": f"{number}",
        "_seq_no": number,
        "_primary_term": 1,
        "_source": {"content": f"text {number}"},
        "matched_queries": ["content_embedding"],
        "sort": [number, 0],
        **more,
    }


def cluster(answers: Sequence[object], *, window: int = 3, checked: int | None = None) -> RecordedCluster:
    """Return a cluster that answers searches in turn."""
    meta = {} if checked is None else {"_meta": {"checked": checked}}
    settings = {"settings": {"index": {"max_result_window": str(window)}}}
    return RecordedCluster(
        {
            "GET /i": {"i": {"mappings": meta}},
            "GET /i/_settings/index.max_result_window": {"i": settings},
            "POST /i/_pit": {"id": "p"},
            "POST /_search": list(answers),
        }
    )


def found(*numbers: int) -> dict[str, Any]:
    """Return the answer of a search."""
    return {"hits": {"hits": [hit(number) for number in numbers]}}


def test_pages_are_as_large_as_the_index_allows_and_none_of_the_same_number_is_missed() -> None:
    recorded = cluster([found(0, 1, 2), found(2, 5, 6), found()])
    pages = list(read_pages(recorded, "i", 4))
    assert [(page.size, page.upto, [one.id for one in page.found]) for page in pages] == [
        (3, 1, ["0", "1", "2"]),
        (3, 5, ["2", "5", "6"]),
    ]
    bodies = [body for shown, body in recorded.asked if shown.startswith("POST /_search")]
    assert [body["size"] for body in bodies] == [3, 3, 3]
    assert bodies[0]["query"]["bool"]["filter"][1]["bool"]["should"][0] == {"range": {"_seq_no": {"gt": 4}}}
    assert recorded.written[-1] == "DELETE /_pit"


def test_a_view_that_a_restarted_node_forgot_is_opened_again_where_it_was() -> None:
    recorded = cluster([found(0, 1, 2), missing(), found(2)])
    pages: list[Page] = list(read_pages(recorded, "i", -1))
    assert [one.id for page in pages for one in page.found] == ["0", "1", "2", "2"]
    asked = [body for shown, body in recorded.asked if shown.startswith("POST /_search")]
    assert asked[2]["query"]["bool"]["filter"][0] == {"range": {"_seq_no": {"gt": 1}}}


def test_a_view_that_is_forgotten_over_and_over_ends_it() -> None:
    recorded = cluster([missing(), missing(), missing()])
    with pytest.raises(ViewLostError):
        list(read_pages(recorded, "i", -1))


def test_only_the_kinds_that_are_asked_for_are_found() -> None:
    bare = hit(1, matched_queries=[])
    answers: list[object] = [{"hits": {"hits": [hit(0), bare]}}]
    assert [one.kind for page in read_pages(cluster(answers), "i", -1) for one in page.found] == [
        "unknown",
        "without",
    ]
    assert [one.kind for page in read_pages(cluster(answers), "i", -1, WRONG) for one in page.found] == [
        "unknown"
    ]


def test_a_count_begins_where_all_is_known_and_ends_at_its_limit() -> None:
    recorded = cluster([found(0, 1, 2), found(3, 4, 5), found(6)], checked=2)
    assert read_checked(recorded, "i") == 2
    counted = tally(recorded, "i", limit=6)
    assert (counted.stale, counted.without, counted.whole) == (6, 0, False)
    assert "at least 6 with an embedding and no digest" in report("jina-demo", counted)
    assert tally(cluster([found(0)]), "i").whole


def test_a_shard_that_is_missing_is_an_error_and_not_a_lower_count() -> None:
    recorded = cluster([ElasticsearchError("no shard")])
    with pytest.raises(ElasticsearchError, match="no shard"):
        tally(recorded, "i")
    assert "POST /_search?allow_partial_search_results=false" in recorded.written


def test_a_report_names_each_kind() -> None:
    counted: dict[Kind, int] = dict.fromkeys(KINDS, 1000)
    told = report("jina-demo", Tally(counted))
    assert told == (
        "jina-demo: 2,000 with an embedding of another text than theirs, 1,000 with an embedding and no digest of "
        "what it is of, 1,000 with a text and no embedding. `jinactl repair` embeds them again."
    )
    assert "`jinactl repair --index tickets`" in report("tickets", Tally(counted), first=False)
