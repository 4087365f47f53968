"""The demo's documents and queries, and which of the documents an index holds."""

import pytest

from components.elasticsearch.documents.demo import DEMO_DOCUMENTS, DEMO_QUERIES, DemoQuery, Held, read_held
from tests.unit.elasticsearch.recording import RecordedCluster


@pytest.mark.parametrize(
    ("query", "word"),
    list(
        zip(
            DEMO_QUERIES,
            ["OOMKilled", "PostgreSQL", "certbot", "CORS|Cross-Origin", "AWS Lambda"],
            strict=True,
        )
    ),
)
def test_each_demo_query_expects_the_document_that_answers_it(query: DemoQuery, word: str) -> None:
    expected = next(one for one in DEMO_DOCUMENTS if one.id == query.expected)
    assert any(part in expected.content for part in word.split("|"))


def test_there_are_ten_demo_documents_with_ids_of_their_own() -> None:
    assert [one.id for one in DEMO_DOCUMENTS] == [f"demo-{number:02}" for number in range(1, 11)]
    assert len({one.content for one in DEMO_DOCUMENTS}) == 10


def test_unchanged_demo_documents_are_told_from_all_others() -> None:
    first, second, third = DEMO_DOCUMENTS[:3]
    docs = [
        {"_id": first.id, "found": True, "_source": {"content": first.content}},
        {"_id": second.id, "found": True, "_source": {"content": "edited"}},
        {"_id": third.id, "found": True, "_source": {"content": third.content, "tag": "mine"}},
        {"_id": "demo-04", "found": False},
    ]
    cluster = RecordedCluster({"GET /i/_count": {"count": 5}, "POST /i/_mget": {"docs": docs}})
    held = read_held(cluster, "i")
    assert held == Held(5, ("demo-01",), ("demo-02", "demo-03"))
    assert held.foreign == 4
    assert [one.id for one in held.missing] == [f"demo-{number:02}" for number in range(4, 11)]
