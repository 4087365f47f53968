"""What an ingest writes, leaves out, rejects and waits for, on an index in memory."""

import gzip
import io
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch.documents.digest import digest_of
from components.elasticsearch.errors import RefusedError, UnavailableError, UnreachableError
from components.elasticsearch.fields import DIGEST, VECTOR
from tests.fixtures.embedding_server import EmbeddingServer
from tests.unit.jinactl.conftest import INDEX, MAPPED, META
from tests.unit.jinactl.ingest.conftest import Ingest
from tests.unit.jinactl.ingest.index_double import IndexDouble, refusal

IN_CLIENT: dict[str, object] = {"inferenceEndpoint": ""}
WAYS = pytest.mark.parametrize("way", [{}, IN_CLIENT], ids=["inference", "client"])

TOO_LONG = (
    "Received a bad request status code for request from inference entity id [jina-local-document-256] status [400]. "
    "Error message: [input[0] has 9,000 tokens]"
).replace("9,000 tokens", "9000 tokens, prefix included, and the context is 8192: split the text")


def lines(*found: dict[str, Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in found)


def numbered(count: int, **fields: Any) -> str:
    return lines(*({"_id": str(number), "content": f"text {number}", **fields} for number in range(count)))


def refused_as_a_whole(status: int) -> RefusedError:
    return RefusedError("refused", status=status, kind="x", reason="x", causes=())


@WAYS
def test_documents_go_in_with_their_fields_and_a_second_time_nothing_does(
    way: dict[str, object],
    ingest: Ingest,
    index: IndexDouble,
    model: EmbeddingServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = numbered(100, n=1.0, tags=["x", None], deep={"a": {"b": 1e25}})
    assert ingest(content, **way) == 0
    assert "100 documents are in jina-demo" in capsys.readouterr().err
    assert sorted(index.stored) == sorted(str(number) for number in range(100))
    source = dict(index.stored["7"])
    assert source.pop(VECTOR)
    expected = {"content": "text 7", "n": 1.0, "tags": ["x", None], "deep": {"a": {"b": 1e25}}}
    assert source == {**expected, DIGEST: digest_of("text 7")}
    index.bulks.clear()
    model.requests.clear()
    assert ingest(content, "--json", **way) == 0
    assert (index.bulks, model.texts) == ([], [])
    told = json.loads(capsys.readouterr().out)
    assert (told["read"], told["unchanged"], told["written"], told["index"]) == (100, 100, 0, "jina-demo")


@WAYS
@pytest.mark.parametrize(
    ("changed", "again"),
    [({"content": "new", "n": 1}, True), ({"content": "old", "n": True}, False), ({"content": "old"}, False)],
    ids=["the text", "another field", "a field gone"],
)
def test_a_document_that_differs_is_written_and_embedded_again_only_for_its_text(
    way: dict[str, object], changed: dict[str, Any], again: bool, ingest: Ingest, index: IndexDouble
) -> None:
    assert ingest(lines({"_id": "a", "content": "old", "n": 1}), **way) == 0
    index.stored["a"][VECTOR] = [0.5]
    assert ingest(lines({"_id": "a", **changed}), **way) == 0
    source = dict(index.stored["a"])
    assert (source.pop(VECTOR) != [0.5]) == again
    assert source == {**changed, DIGEST: digest_of(changed["content"])}


@pytest.mark.parametrize(
    "spoilt", [{"content": "changed past the pipeline"}, {DIGEST: "of another text"}, {DIGEST: None}]
)
def test_a_document_whose_embedding_is_not_known_to_be_of_the_text_is_embedded_again(
    spoilt: dict[str, Any], ingest: Ingest, index: IndexDouble
) -> None:
    content = lines({"_id": "a", "content": "text"})
    assert ingest(content) == 0
    index.stored["a"] |= spoilt
    assert ingest(content) == 0
    assert (index.stored["a"]["content"], index.stored["a"][DIGEST]) == ("text", digest_of("text"))


def test_somebody_elses_change_between_reading_and_writing_is_embedded(
    ingest: Ingest, index: IndexDouble
) -> None:
    assert ingest(lines({"_id": "a", "content": "text", "n": 1})) == 0
    index.stored["a"][VECTOR] = [0.5]

    def change(_id: str, _source: object) -> None:
        if "_primary_term" not in index.versions:
            index.versions |= {"a": 7, "_primary_term": 1}

    index.refuse = change
    assert ingest(lines({"_id": "a", "content": "text", "n": 2})) == 0
    assert (index.stored["a"]["n"], index.stored["a"][VECTOR]) == (2, [1.0])


def test_an_array_of_texts_goes_in_as_it_is_and_once(ingest: Ingest, index: IndexDouble) -> None:
    content = lines({"_id": "a", "content": ["one", "two"]})
    assert ingest(content) == 0
    assert index.stored["a"]["content"] == ["one", "two"]
    index.bulks.clear()
    assert ingest(content) == 0
    assert index.bulks == []


def test_of_two_documents_with_one_id_the_later_one_stays(ingest: Ingest, index: IndexDouble) -> None:
    many = [{"_id": str(number % 7), "content": f"text {number}"} for number in range(300)]
    index.failures = [UnavailableError("busy")]
    assert ingest(lines(*many)) == 0
    assert {id_: source["content"] for id_, source in index.stored.items()} == {
        one["_id"]: one["content"] for one in many
    }


def test_a_document_that_is_only_to_be_made_leaves_one_that_is_there(
    ingest: Ingest, index: IndexDouble
) -> None:
    content = '{"create": {"_id": "a"}}\n{"content": "first"}\n{"create": {"_id": "b"}}\n{"content": "b"}\n'
    assert ingest(lines({"_id": "a", "content": "mine"})) == 0
    assert ingest(content, name="docs.bulk") == 0
    assert {id_: source["content"] for id_, source in index.stored.items()} == {"a": "mine", "b": "b"}


@WAYS
def test_a_document_that_is_refused_is_a_reject_and_the_others_go_in(
    way: dict[str, object],
    ingest: Ingest,
    index: IndexDouble,
    model: EmbeddingServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model.context = 8
    long = "word " * 20
    index.refuse = lambda _id, source: refusal(400, TOO_LONG) if source["content"] == long else None
    content = numbered(20) + "oops\n" + lines({"_id": "long", "content": long}) + numbered(40)
    assert ingest(content, "--rejects", str(tmp_path / "rejects"), **way) == 3
    assert len(index.stored) == 40
    kept = {one["line"]: one for one in map(json.loads, (tmp_path / "rejects").read_text().splitlines())}
    assert sorted(kept) == [21, 22]
    assert (kept[21]["reason"], kept[21]["text"]) == ("not JSON", "oops")
    assert kept[22]["reason"].startswith("too long: ")
    assert kept[22]["reason"].endswith("--chunk splits it")
    assert json.loads(kept[22]["text"])["_id"] == "long"
    assert kept[22]["source"].endswith("docs.ndjson")
    assert f"2 rejects are in {tmp_path / 'rejects'}" in capsys.readouterr().err


def test_the_rejects_of_a_run_before_stay_until_documents_are_put_in(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects"
    assert ingest("oops\n", "--rejects", str(rejects)) == 3
    kept = rejects.read_text()
    with monkeypatch.context() as patching:
        patching.setitem(MAPPED, INDEX, {"mappings": {"_meta": META}})
        assert ingest("oops\n", "--rejects", str(rejects)) == 1
    assert rejects.read_text() == kept != ""
    assert ingest(numbered(1), "--rejects", str(rejects)) == 0
    assert rejects.read_text() == ""


def test_without_a_file_the_first_rejects_are_said_and_the_others_counted(
    ingest: Ingest, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ingest("oops\n" * 50) == 3
    told = capsys.readouterr().err.splitlines()
    assert sum(line.startswith("rejected: ") for line in told) == 5
    assert "… and 45 more: --rejects FILE keeps all of them" in told


def test_a_request_has_few_documents_where_they_are_long(ingest: Ingest, index: IndexDouble) -> None:
    assert (
        ingest(lines(*({"_id": str(number), "content": f"{number} " * 5000} for number in range(10, 20))))
        == 0
    )
    assert [len(ids) for ids in index.bulks] == [2] * 5
    index.bulks.clear()
    assert ingest(numbered(20)) == 0
    assert sorted(len(ids) for ids in index.bulks) == [4, 16]


def test_a_request_that_is_refused_as_a_whole_is_split_until_one_document_is_to_blame(
    ingest: Ingest, index: IndexDouble
) -> None:
    index.failures = [refused_as_a_whole(status) for status in (413, 400, 400, 400, 400)]
    assert ingest(numbered(16)) == 3
    assert len(index.stored) == 15


PASSING = [
    refusal(429, "queue full", "es_rejected_execution_exception"),
    refusal(503, "primary shard is not active"),
    refusal(
        403, "index [jina-demo-1] blocked by: [FORBIDDEN/8/index write (api)];", "cluster_block_exception"
    ),
    refusal(404, "[jina-local-document-256] is not an inference service model or a deployed ml model"),
    refusal(404, "Inference endpoint not found [jina-local-document-256]", "resource_not_found_exception"),
    refusal(400, "pipeline with id [jina-embeddings] does not exist", "illegal_argument_exception"),
    refusal(400, "for request from inference entity id [jina-local-document-256] status [503]"),
]


@pytest.mark.parametrize("refused", PASSING, ids=lambda one: f"{one['status']} {one['error']['reason'][:24]}")
def test_what_passes_is_waited_for_and_said(
    refused: dict[str, Any], ingest: Ingest, index: IndexDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    left = ["3"]
    index.refuse = lambda id_, _source: refused if id_ in left and not left.remove(id_) else None  # type: ignore[func-returns-value] # so it is once
    assert ingest(numbered(20)) == 0
    assert len(index.stored) == 20
    told = capsys.readouterr().err
    assert "waiting for up to 10 minutes: " in told
    assert "going on after " in told


@pytest.mark.parametrize(
    "failure",
    [
        UnreachableError("no answer"),
        UnavailableError("busy"),
        refused_as_a_whole(502),
        refused_as_a_whole(504),
    ],
)
def test_a_cluster_that_does_not_answer_is_waited_for(
    failure: Exception, ingest: Ingest, index: IndexDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    index.failures = [failure]
    assert ingest(numbered(20)) == 0
    assert len(index.stored) == 20
    assert "waiting for up to" in capsys.readouterr().err


def test_a_server_that_is_busy_is_waited_for_where_this_program_embeds(
    ingest: Ingest, index: IndexDouble, model: EmbeddingServer
) -> None:
    model.fail(429, 2)
    assert ingest(numbered(20), **IN_CLIENT) == 0
    assert len(index.stored) == 20


def test_patience_ends_with_the_reason_and_what_is_in(
    ingest: Ingest, index: IndexDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    index.refuse = lambda id_, _source: PASSING[2] if id_ == "70" else None
    assert ingest(numbered(100), "--patience", "0.01") == 1
    told = capsys.readouterr().err
    assert "was closed to writers" in told
    assert len(index.stored) >= 64


def test_vectors_that_a_migration_overtook_are_not_taken_for_those_of_their_texts(
    ingest: Ingest, index: IndexDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    def migrate(_id: str, _source: Mapping[str, Any]) -> None:
        identity: Any = META["identity"]
        meta = {**META, "identity": {**identity, "quant": "Q2_K"}}
        index.mapped = {INDEX: {"mappings": {**MAPPED[INDEX]["mappings"], "_meta": meta}}}

    index.refuse = migrate
    assert ingest('{"_id": "a", "content": "text"}', **IN_CLIENT) == 1
    assert "vectors are of another kind" in capsys.readouterr().err
    assert index.stored["a"][DIGEST] is None
    index.refuse = lambda _id, _source: None
    index.mapped = MAPPED
    assert ingest('{"_id": "a", "content": "text"}', **IN_CLIENT) == 0
    assert index.stored["a"][DIGEST] == digest_of("text")


@pytest.mark.parametrize(
    "refused",
    [
        refusal(403, "action is unauthorized", "security_exception"),
        refusal(404, "no such index", "index_not_found_exception"),
        refusal(400, "for request from inference entity id [jina-local-document-256] status [401]"),
    ],
)
def test_what_no_document_is_to_blame_for_ends_it(
    refused: dict[str, Any], ingest: Ingest, index: IndexDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    index.refuse = lambda _id, _source: refused
    assert ingest(numbered(500)) == 1
    told = capsys.readouterr().err
    assert refused["error"]["reason"] in told
    assert "rejected" not in told
    assert len(index.bulks) <= 6


def test_a_source_that_breaks_off_loses_nothing_that_came_before(
    ingest: Ingest, index: IndexDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = gzip.compress(
        "".join(f'{{"content": "{number} {number * 7919 % 997}"}}\n' for number in range(5000)).encode()
    )
    assert ingest(packed[: len(packed) // 2], name="docs.ndjson.gz") == 1
    assert "is damaged or ends early" in capsys.readouterr().err
    assert len(index.stored) > 1000


def test_several_sources_of_several_formats_and_standard_input(
    ingest: Ingest, index: IndexDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "more.csv").write_text("content\nfrom a table\n")
    (tmp_path / "notes" / "sub").mkdir(parents=True)
    (tmp_path / "notes" / "sub" / "a.md").write_text("# T\nfrom a note")
    (tmp_path / "notes" / ".hidden.md").write_text("not this")
    (tmp_path / "notes" / "a.png").write_bytes(b"\xff")
    monkeypatch.setattr(
        sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b'[{"content": "piped"}]')))
    )
    assert ingest(b'{"content": "a line"}', str(tmp_path / "more.csv"), str(tmp_path / "notes"), "-") == 0
    found = {source["content"] for source in index.stored.values()}
    assert found == {"a line", "from a table", "# T\nfrom a note", "piped"}
    assert index.stored["notes/sub/a.md"]["title"] == "T"


def test_a_text_whose_name_is_not_utf_8_is_a_reject(
    ingest: Ingest, index: IndexDouble, tmp_path: Path
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name in (b"a.md", b"b\xff.md", b"c.md"):
        (folder / os.fsdecode(name)).write_text("text")
    assert ingest(folder, "--rejects", str(tmp_path / "rejects.ndjson")) == 3
    assert sorted(index.stored) == ["notes/a.md", "notes/c.md"]
    assert "name, which is the document's id, is not UTF-8" in (tmp_path / "rejects.ndjson").read_text()


@pytest.mark.parametrize(
    ("arguments", "told", "code"),
    [
        (["/nowhere.ndjson"], "/nowhere.ndjson cannot be read: No such file", 1),
        (["FOLDER/empty"], "holds no texts", 1),
        (
            ["FOLDER/a/x.md", "FOLDER/b/x.md"],
            "the same id, x.md, and one would replace the other, also later",
            1,
        ),
        (["-", "-"], "can be read only once", 1),
        (["FOLDER/unknown"], "say it with --format", 1),
        (["FOLDER/a/x.md", "--format", "xml"], "There is no format xml", 2),
        (["FOLDER/a/x.md", "--rejects", "FOLDER/a/x.md"], "would empty it", 2),
        (["FOLDER/a/x.md", "--rejects", "FOLDER/link.md"], "would empty it", 2),
        (["-", "--rejects", "FOLDER/unknown"], "would empty it", 2),
        (["FOLDER/a/x.md", "--rejects", "FOLDER/outputs.json"], "would empty it", 2),
        (["FOLDER/a/x.md", "--rejects", "/nowhere/rejects"], "Rejects cannot be written", 1),
        (["FOLDER/a/x.md", "--chunk", "3"], "too small", 2),
        (["FOLDER/a/x.md", "--chunk", "100", "--overlap", "60"], "more than half", 2),
        (["FOLDER/a/x.md", "--replace"], "give --chunk", 2),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_put_in(
    arguments: list[str],
    told: str,
    code: int,
    ingest: Ingest,
    index: IndexDouble,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("a", "b", "empty"):
        (tmp_path / name).mkdir()
    for name in ("a", "b"):
        (tmp_path / name / "x.md").write_text("text")
    (tmp_path / "unknown").write_text("words")
    (tmp_path / "link.md").hardlink_to(tmp_path / "a" / "x.md")
    monkeypatch.setattr(sys, "stdin", (tmp_path / "unknown").open())
    given = [one.replace("FOLDER", str(tmp_path)) for one in arguments]
    assert ingest(lines({"content": "a"}), *given) == code
    assert told in capsys.readouterr().err
    assert index.asked == []


def test_an_index_of_an_earlier_version_is_sent_nothing(
    ingest: Ingest, index: IndexDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(MAPPED, INDEX, {"mappings": {"_meta": META}})
    assert ingest(lines({"content": "a"})) == 1
    assert f"{INDEX} was made by an earlier version: `pulumi up`" in capsys.readouterr().err
    assert index.bulks == []
