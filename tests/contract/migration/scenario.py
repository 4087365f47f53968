"""An index with people's documents, the changes that migrate it, and everything that must hold after a change."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.generations.frozen_pipeline import frozen_id
from tests.contract.elasticsearch.people import CONTENTS
from tests.contract.elasticsearch.stack_resources import ALIAS, WIDTH, StackResources, Wanted
from tests.contract.migration import bystanders
from tests.contract.migration.bystanders import Bystanders
from tests.contract.migration.documents import FIELDS, extras, has_digests, stale, whole, without_fields
from tests.contract.migration.outcomes import Outcome
from tests.fixtures.embedding_server import EmbeddingServer, embedding, truncate


@dataclass(frozen=True, kw_only=True)
class Change:
    """Settings before and after; with `model`, the server uses another model from the change on."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any]
    model: str = ""


CHANGES = {
    "dims down": Change(after={"dims": 256}),
    "dims up": Change(before={"dims": 256}, after={"dims": WIDTH}),
    "quant": Change(after={"quant": "Q4_K_M", "sha256": "b" * 64}, model="quantised: "),
    "model revision": Change(after={"revision": "0123456789", "sha256": "c" * 64}, model="trained anew: "),
    "prefix": Change(after={"document_prefix": "Other: "}),
}
MATRIX = ("dims down", "dims up", "quant", "model revision")
"""The changes that are put to every fault."""


def chosen(*changes: str) -> list[Any]:
    """Return all changes as parameters; only the exhaustive run includes those that are not in `changes`."""
    others = [pytest.param(one, marks=pytest.mark.exhaustive) for one in MATRIX if one not in changes]
    return [*changes, *others]


@dataclass
class Case:
    """A stack with documents, about to be changed: `contents` are the documents by id, `wanted` the settings.

    `fields` are the documents' fields beside their content, `others` the bystanders on the node. `half_updated` are the
    documents whose content somebody changed without the pipeline; they keep their vectors until they are mended.
    """

    client: Client
    model: EmbeddingServer
    monkeypatch: pytest.MonkeyPatch
    wanted: Wanted
    change: str
    stack: StackResources
    contents: dict[str, str]
    embeds_as: str = ""
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)
    half_updated: set[str] = field(default_factory=set)
    others: Bystanders = field(default_factory=lambda: Bystanders({}))

    def changed(self) -> Wanted:
        """Apply the settings after the change, and switch to the model that belongs to them; return the settings."""
        change = CHANGES[self.change]
        self.wanted = replace(self.wanted, **change.after)
        self.embeds_as = change.model
        self.model.model = change.model
        return self.wanted

    def write(self, one: str, content: str) -> None:
        """Write a document through the alias."""
        self.client.request("PUT", f"/{ALIAS}/_doc/{one}", {"content": content})
        self.contents[one] = content
        self.fields.pop(one, None)

    def expected(self, content: str) -> list[float]:
        """Return the embedding of a text by the model in use."""
        whole_vector = embedding(f"{self.embeds_as}{self.wanted.document_prefix}{content}", WIDTH)
        return truncate(whole_vector, self.wanted.dims)


def prepare(
    change: str, wanted: Wanted, client: Client, model: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> Case:
    """Bring a stack up on a node with the bystanders, and write, change and delete documents as people."""
    before = replace(wanted, **CHANGES[change].before)
    stack = StackResources()
    bystanders.place(client, before)
    others = Bystanders(bystanders.fingerprint(client))
    stack.up(before)
    client.request("PUT", f"/{ALIAS}/_mapping", {"properties": FIELDS})
    lines: list[dict[str, Any]] = []
    contents = dict(CONTENTS)
    fields: dict[str, dict[str, Any]] = {}
    for number in range(34):
        one = f"doc-{number}"
        contents[one], fields[one] = f"text {number}", extras(number)
        lines += [{"index": {"_id": one}}, {"content": contents[one], **fields[one]}]
    for number in range(3, 9):
        lines += [{"index": {"_id": f"doc-{number}"}}, {"content": f"changed {number}"}]
        contents[f"doc-{number}"] = f"changed {number}"
        del fields[f"doc-{number}"]
    for number in range(6, 12):
        lines.append({"delete": {"_id": f"doc-{number}"}})
        del contents[f"doc-{number}"]
        fields.pop(f"doc-{number}", None)
    # Deleted and created again: its version numbers restart.
    lines += [{"index": {"_id": "doc-6"}}, {"content": "again"}]
    contents["doc-6"] = "again"
    answer = client.request("POST", f"/{ALIAS}/_bulk", lines, query={"refresh": "true"})
    assert answer["errors"] is False
    return Case(client, model, monkeypatch, before, change, stack, contents, fields=fields, others=others)


def settle(case: Case, stack: StackResources, fault: str, *, writable: bool = True) -> Outcome:
    """Assert everything that must hold after a successful change; return the outcome for the documents."""
    client, wanted = case.client, case.wanted
    if writable:
        case.write("doc-0", "writers are let in")
        case.write("doc-new", "also with new documents")
    outcome = judge(case, fault)
    assert_tidy(client, wanted)
    stack.refresh()
    assert stack.up(wanted) == []
    return outcome


def judge(case: Case, fault: str) -> Outcome:
    """Return the outcome for people's documents and the bystanders. Raises AssertionError unless all are intact."""
    found = whole(case.client)
    total = int(case.client.request("GET", f"/{ALIAS}/_count")["count"])
    known = has_digests(case.client)
    lost = sorted(case.contents.keys() - found.keys())
    spoilt = {
        "lost": lost,
        "stale": sorted({*stale(found, case.expected, digests=known)} - case.half_updated),
        "other fields lost": without_fields(found, case.fields),
        "others touched": case.others.touched(case.client),
    }
    assert not any(spoilt.values()), f"after {fault}: {spoilt}"
    assert {one: document.source["content"] for one, document in found.items()} == case.contents
    assert total == len(case.contents)
    return Outcome(
        change=case.change,
        fault=fault,
        runs=1,
        documents=total,
        lost=len(lost),
        twice=total - len(found),
        stale=len(spoilt["stale"]),
        fields_lost=len(spoilt["other fields lost"]),
        others_touched=len(spoilt["others touched"]),
    )


def assert_tidy(client: Client, wanted: Wanted) -> None:
    """Assert that the alias has one index, and that the migration left nothing over."""
    matching = client.request("GET", f"/{ALIAS}-*", query={"expand_wildcards": "all"})
    made = {index: body for index, body in matching.items() if not bystanders.are_theirs(index)}
    behind = [index for index, body in made.items() if ALIAS in body["aliases"]]
    assert len(behind) == 1
    assert len(made) <= 1 + wanted.keep_generations, sorted(made)
    for index, body in made.items():
        meta, settings = body["mappings"]["_meta"], body["settings"]["index"]
        assert "migration" not in meta, index
        assert "successor" not in meta, index
        blocked = str(settings.get("blocks", {}).get("write", "false")) == "true"
        assert (blocked, "retired" in meta) == ((False, False) if index in behind else (True, True)), index
        if index in behind:
            assert body["mappings"]["properties"]["content_embedding"]["dims"] == wanted.dims
            assert settings["default_pipeline"] == wanted.pipeline_id
    used = {body["settings"]["index"]["default_pipeline"] for body in made.values()}
    pipelines = client.request("GET", "/_ingest/pipeline")
    assert {name for name in pipelines if not bystanders.are_theirs(name)} == {wanted.pipeline_id, *used}
    assert used <= {wanted.pipeline_id, *map(frozen_id, made)}
    running = client.request("GET", "/_tasks", query={"actions": "*/reindex"}).get("nodes", {})
    assert [task for node in running.values() for task in node.get("tasks", {})] == []
