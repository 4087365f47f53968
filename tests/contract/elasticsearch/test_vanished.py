"""Documents that are deleted during a migration are found by counting, not by comparing all ids."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.client.client import Body, Client
from components.elasticsearch.documents.views import open_view
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.generation import Generation
from components.elasticsearch.migration.vanished import FEW, Following
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted

pytestmark = pytest.mark.sandbox

OLD, NEW = "old", "new"
COUNT = 600
EVERYTHING: dict[str, Any] = {"match_all": {}}


def write(client: Client, index: str, ids: Iterator[int] | range, *, words: str = "text") -> None:
    """Write documents without content, so that nothing is embedded; every third document has a routing."""
    lines: list[dict[str, Any]] = []
    for one in ids:
        lines += [{"index": {"_id": f"{one}", **routing(one)}}, {"title": f"{words} {one}"}]
    assert client.request("POST", f"/{index}/_bulk", lines)["errors"] is False


def remove(client: Client, index: str, ids: range) -> None:
    """Delete documents."""
    lines = [{"delete": {"_id": f"{one}", **routing(one)}} for one in ids]
    client.request("POST", f"/{index}/_bulk", lines)


def routing(one: int) -> dict[str, str]:
    """Return the routing of a document, if it has one."""
    return {"routing": f"r{one % 5}"} if one % 3 == 0 else {}


def ids_of(client: Client, index: str) -> set[str]:
    """Return the ids of all documents."""
    view = open_view(client, index, 1000)
    found = {str(hit["_id"]) for hits in view.pages(EVERYTHING) for hit in hits}
    view.close()
    return found


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def following(request: pytest.FixtureRequest, client: Client) -> Iterator[Following]:
    """Fill two indices with the same documents, and begin to track the documents that vanish from the first."""
    for index in (OLD, NEW):
        settings = {"number_of_shards": request.param, "number_of_replicas": 0, "refresh_interval": -1}
        client.request("PUT", f"/{index}", {"settings": settings})
        write(client, index, range(COUNT))
    found = Following(client, OLD, NEW, 1000)
    assert found.follow(2**40) == 0
    yield found
    found.close()


def test_what_was_deleted_goes_and_nothing_else(following: Following, client: Client) -> None:
    remove(client, OLD, range(0, COUNT, 7))
    write(client, OLD, range(1, COUNT, 50), words="changed")
    made_again = set(range(0, COUNT, 7)) & set(range(1, COUNT, 50))
    assert following.follow(2**40) == len(range(0, COUNT, 7)) - len(made_again)
    assert ids_of(client, NEW) == ids_of(client, OLD)
    assert following.follow(2**40) == 0


def test_what_was_made_again_stays_until_it_is_deleted_again(following: Following, client: Client) -> None:
    remove(client, OLD, range(10))
    write(client, OLD, range(5), words="made again")
    assert following.follow(2**40) == 5
    remove(client, OLD, range(5))
    assert following.follow(2**40) == 5
    assert ids_of(client, NEW) == ids_of(client, OLD)


def test_what_was_changed_and_then_deleted_goes(following: Following, client: Client) -> None:
    write(client, OLD, range(20), words="changed")
    following.follow(2**40)
    remove(client, OLD, range(20))
    assert following.follow(2**40) == 20
    assert ids_of(client, NEW) == ids_of(client, OLD)


def test_all_is_compared_anew_when_the_node_lost_the_view(following: Following, client: Client) -> None:
    remove(client, OLD, range(30))
    assert following.sight is not None
    client.request("DELETE", "/_pit", {"id": following.sight.view.pit})
    assert following.follow(2**40) == 30
    assert ids_of(client, NEW) == ids_of(client, OLD)


def test_the_first_time_all_is_compared_where_there_are_more(following: Following, client: Client) -> None:
    following.close()
    remove(client, OLD, range(30))
    assert following.follow(2**40) == 30
    assert ids_of(client, NEW) == ids_of(client, OLD)


def test_nothing_is_left_open(following: Following, client: Client) -> None:
    remove(client, OLD, range(3))
    following.follow(2**40)
    following.close()
    stats = client.request("GET", f"/{OLD},{NEW}/_stats/search")
    assert stats["_all"]["total"]["search"]["open_contexts"] == 0


@pytest.mark.parametrize("count", [300, 6000])
def test_under_the_write_block_few_ids_are_compared_however_many_documents_there_are(
    count: int, wanted: Wanted, stack: StackResources, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(client, ALIAS, range(count))
    gone = range(0, count, count // 5)
    blocked: list[tuple[str, Body | None]] = []
    closed = False
    real_close, real_request = indices.close_to_writers, Client.request

    def close(reached: Client, old: Generation, successor: str) -> None:
        nonlocal closed
        # The last moment at which somebody can delete a document.
        remove(client, old.index, gone)
        closed = True
        real_close(reached, old, successor)

    def request(
        self: Client,
        method: str,
        path: str,
        body: Body | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
    ) -> Any:
        nonlocal closed
        closed = closed and path != "/_aliases"
        if closed:
            blocked.append((f"{method} {path}", body))
        return real_request(self, method, path, body, query=query, timeout=timeout)

    monkeypatch.setattr(indices, "close_to_writers", close)
    monkeypatch.setattr(Client, "request", request)
    stack.up(replace(wanted, dims=64))
    monkeypatch.undo()
    compared = sum(
        len(body.get("query", {}).get("ids", {}).get("values", []))
        for _, body in blocked
        if isinstance(body, Mapping)
    )
    assert len(gone) <= compared <= FEW * len(gone)
    assert len([shown for shown, _ in blocked if "/_tasks" not in shown]) < 40
    assert len(ids_of(client, next(iter(client.request("GET", f"/{ALIAS}"))))) == count + 10 - len(gone)
