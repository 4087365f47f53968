"""An update that dies at any request, or loses responses: the next update ends as wanted and loses nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Body, Client
from tests.contract.elasticsearch.faulty_proxy import faulty_proxy
from tests.contract.elasticsearch.people import CONTENTS, assert_holds, fill, vectors
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted

pytestmark = pytest.mark.sandbox


READING = ("_refresh", "_flush", "_mget", "_search", "_count", "_simulate", "_pit", "_has_privileges")


class KilledError(BaseException):
    """Ends an update as SIGKILL does: no further request reaches the node."""


@contextmanager
def killed_after(requests: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let `requests` writing requests through and none after them; yield the list of the writes that were sent."""
    sent: list[str] = []
    left = requests
    real = Client.request

    def request(
        self: Client,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
    ) -> Any:
        nonlocal left
        writes = method != "GET" and not path.endswith(READING)
        if left == 0 and writes:
            raise KilledError
        if writes:
            left -= 1
            sent.append(f"{method} {path}")
        return real(self, method, path, body, query=query, timeout=timeout)

    with monkeypatch.context() as patched:
        patched.setattr(Client, "request", request)
        yield sent


STEPS_OF_A_MIGRATION = 17
"""As in docs/migrations.md: two for the pipeline that is kept, one for the new one; create; note what was looked at;
reindex, note; note from where on to look; mark, block, swap; block again, two notes; delete the former generation and
its pipeline."""


@pytest.mark.parametrize("step", range(STEPS_OF_A_MIGRATION + 1))
@pytest.mark.parametrize("back", [False, True], ids=["and up again", "and the settings set back"])
@pytest.mark.parametrize("people", [False, True], ids=["demo documents", "documents of people"])
def test_a_change_of_dims_may_die_at_every_step(
    step: int,
    back: bool,
    people: bool,
    wanted: Wanted,
    stack: StackResources,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contents = CONTENTS | (fill(client, 30) if people else {})
    changed = replace(wanted, dims=64)
    state = {name: dict(outputs) for name, outputs in stack.state.items()}
    with killed_after(step, monkeypatch) as sent:
        try:
            stack.up(changed)
        except KilledError:
            assert len(sent) == step
        else:
            # The former generation keeps people's documents: nothing is deleted.
            assert len(sent) == STEPS_OF_A_MIGRATION - (2 if people else 0), sent
    # Until the new generation is complete, readers find all documents behind the alias.
    assert sorted(vectors(client)) == sorted(contents)
    # The process died: the state lacks whatever it had not reported.
    again = StackResources(state)
    final = wanted if back else changed
    if back:
        again.refresh()
    again.up(final)
    assert_holds(client, final, contents)
    indices = client.request("GET", "/*")
    assert [body["aliases"] for body in indices.values() if body["aliases"]] == [{ALIAS: {}}]
    assert all("migration" not in body["mappings"]["_meta"] for body in indices.values())
    assert len(indices) <= (2 if people else 1)
    assert_frozen_pipelines_are_used(client)
    client.request("PUT", f"/{ALIAS}/_doc/mine", {"content": "writers are let in again"})
    again.refresh()
    assert again.up(final) == []


def assert_frozen_pipelines_are_used(client: Client) -> None:
    """Assert that each kept pipeline belongs to a generation that exists and needs it."""
    used = {
        body["settings"]["index"].get("default_pipeline") for body in client.request("GET", "/*").values()
    }
    assert set(client.request("GET", "/_ingest/pipeline")) == used | {"jina-embeddings"}


@pytest.mark.parametrize("step", range(5))
def test_a_first_up_may_die_at_every_step(
    step: int, wanted: Wanted, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with killed_after(step, monkeypatch):
        try:
            StackResources().up(wanted)
        except KilledError:
            pass
        else:
            assert step == 4
    stack = StackResources()
    stack.up(wanted)
    assert sorted(vectors(client)) == sorted(CONTENTS)
    assert list(client.request("GET", "/*")) == ["jina-demo-768-f16-59cfacee-1"]


FIRST_UP = ("PUT /_inference/text_embedding/jina-local", "_bulk")


@pytest.mark.parametrize(
    "cut",
    [
        *FIRST_UP,
        "PUT /_ingest/pipeline",
        "PUT /jina-demo-64",
        "POST /_aliases",
        "POST /_reindex",
        "_settings",
        "_mapping",
        "DELETE /jina-demo-768",
        "_block/write",
        "-frozen",
    ],
)
def test_an_answer_that_is_lost_is_no_request_that_failed(cut: str, wanted: Wanted, client: Client) -> None:
    with faulty_proxy(wanted.connection.url) as proxy:
        through = replace(wanted, connection=replace(wanted.connection, url=proxy.url))
        stack = StackResources()
        first = cut in FIRST_UP
        proxy.cut_after = cut if first else ""
        stack.up(through)
        proxy.cut_after = proxy.cut_after if first else cut
        stack.up(replace(through, dims=64))
        assert proxy.cut_after == ""
    stored = vectors(client)
    assert sorted(stored) == sorted(CONTENTS)
    assert {len(vector) for vector in stored.values()} == {64}
    assert len(client.request("GET", "/*")) == 1
