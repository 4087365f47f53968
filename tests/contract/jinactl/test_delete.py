"""`jinactl delete` as people run it, on a node."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch.client.client import Client
from jinactl.app import run
from jinactl.documents import deleting
from jinactl.documents.deleting import delete_documents
from jinactl.documents.selection import Selection
from jinactl.errors import CommandError
from jinactl.stack import read_stack
from tests.contract.elasticsearch.people import assert_holds
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.jinactl.command import jinactl, write_outputs
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

COUNT = 12


@pytest.fixture
def stack(wanted: Wanted) -> Wanted:
    """Bring up a stack without documents."""
    wanted.dims, wanted.demo_documents = 64, False
    StackResources().up(wanted)
    return wanted


@pytest.fixture
def outputs(stack: Wanted, model: EmbeddingServer, tmp_path: Path) -> str:
    """Write the stack's outputs to a file."""
    path = tmp_path / "outputs.json"
    write_outputs(path, stack, model)
    return str(path)


@pytest.fixture
def contents(stack: Wanted, client: Client) -> dict[str, str]:
    """Put documents into the index; return their contents by id."""
    assert stack
    contents = {f"doc-{number}": f"text {number}" for number in range(COUNT)}
    lines: list[dict[str, Any]] = []
    for number, (one, content) in enumerate(contents.items()):
        fields = {"source": "odd" if number % 2 else "even", "number": number}
        lines += [{"index": {"_id": one}}, {"content": content, **fields}]
    assert not client.request("POST", f"/{ALIAS}/_bulk", lines, query={"refresh": "true"})["errors"]
    return contents


@pytest.mark.parametrize(
    ("arguments", "deleted"),
    [
        (["doc-3", "doc-4", "nobody"], {3, 4}),
        (["--source", "even"], {0, 2, 4, 6, 8, 10}),
        (["--filter", '{"range": {"number": {"gte": 9}}}'], {9, 10, 11}),
        (["--filter", "number=5"], {5}),
        (["--source", "odd", "--filter", '{"range": {"number": {"lt": 4}}}'], {1, 3}),
        (["--filter", "number=99"], set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_documents_that_are_meant_go_and_no_other(
    arguments: list[str],
    deleted: set[int],
    stack: Wanted,
    outputs: str,
    contents: dict[str, str],
    client: Client,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["delete", "--outputs", outputs, "--yes", "--json", *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["deleted"] == len(deleted)
    left = {one: text for one, text in contents.items() if int(one[4:]) not in deleted}
    assert_holds(client, stack, left)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Say which documents"),
        (["--filter", "numbre=3"], "Did you mean number?"),
        (["doc-3"], "Delete 1 document of jina-demo? Nobody is there to ask: say --yes."),
    ],
)
def test_what_is_not_asked_for_plainly_deletes_nothing(
    arguments: list[str], told: str, outputs: str, contents: dict[str, str], client: Client
) -> None:
    done = jinactl("delete", "--outputs", outputs, *arguments)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert client.request("GET", f"/{ALIAS}/_count")["count"] == len(contents)


def test_what_somebody_changed_or_deleted_meanwhile_is_told_and_not_deleted(
    stack: Wanted, outputs: str, contents: dict[str, str], client: Client
) -> None:
    def changing(count: int) -> bool:
        assert count == len(contents)
        client.request("PUT", f"/{ALIAS}/_doc/doc-1", {"content": "changed"})
        client.request("DELETE", f"/{ALIAS}/_doc/doc-2")
        client.request("PUT", f"/{ALIAS}/_doc/new", {"content": "new"})
        return True

    everything = Selection(filters=['{"match_all": {}}'])
    done = delete_documents(read_stack(outputs=outputs), everything, changing)
    assert (done.deleted, done.changed, done.gone) == (len(contents) - 2, 1, 1)
    assert_holds(client, stack, {"doc-1": "changed", "new": "new"})


def test_an_index_that_a_migration_leaves_meanwhile_loses_nothing_that_was_not_asked_for(
    stack: Wanted,
    outputs: str,
    contents: dict[str, str],
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deleting, "PAGE", 4)
    resources, pages = StackResources(), []
    resources.up(stack)

    def migrating(looked_at: int) -> None:
        pages.append(looked_at)
        if len(pages) == 1:
            stack.dims = 32
            resources.up(stack)

    with pytest.raises(CommandError, match=r"moved jina-demo .* after 4 of 12 documents were deleted"):
        delete_documents(
            read_stack(outputs=outputs),
            Selection(filters=['{"match_all": {}}']),
            lambda _: True,
            migrating,
        )
    left = client.request("GET", f"/{ALIAS}/_count")["count"]
    assert left == len(contents) - 4
