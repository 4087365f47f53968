"""Endpoints whose names people use follow the alias to other dims: searches that name them are refused for a moment."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch import endpoints, inference_endpoint
from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.embedding.search import SemanticSearch
from components.elasticsearch.errors import ConflictError, ElasticsearchError
from jinactl.app import run
from tests.contract.elasticsearch.people import CONTENTS, fill, semantic_search
from tests.contract.elasticsearch.stack_resources import ALIAS, PROVIDERS, StackResources, Wanted
from tests.contract.jinactl.command import write_outputs
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

PAUSE = 0.02
"""Seconds between two searches: 50 are begun in a second."""

AT_MOST = 1.0
"""Seconds, on a loaded machine; the aim is 0.1."""


@dataclass
class Searcher:
    """Searches without end; `spans` are the seconds from a search that was refused to the next that was not."""

    search: Callable[[], object]
    searches: int = 0
    spans: list[float] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    def run(self, stopped: threading.Event) -> None:
        since = 0.0
        while not stopped.is_set():
            began = time.monotonic()
            try:
                self.search()
            except ElasticsearchError as error:
                since = since or began
                self.told.add(str(error))
            else:
                if since:
                    self.spans.append(began - since)
                since = 0.0
            self.searches += 1
            time.sleep(max(0.0, PAUSE - (time.monotonic() - began)))


def named(connection: Connection, model_id: str, text: str) -> Callable[[], object]:
    """Return a search in which Elasticsearch embeds the query by that endpoint."""
    client = Client(connection)
    builder = {"text_embedding": {"model_id": model_id, "model_text": text}}
    body = {"size": 1, "knn": {"field": "content_embedding", "query_vector_builder": builder}}
    return lambda: client.request("POST", f"/{ALIAS}/_search", body)


def by_jinactl(outputs: Path) -> Callable[[], object]:
    """Return a search by the command, with outputs of before the migration."""

    def search() -> None:
        if run(["search", "--outputs", str(outputs), "--size", "1", "text 7"]) != 0:
            raise ElasticsearchError("see the error that was printed")

    return search


def test_searches_are_refused_for_a_moment_and_those_that_ask_the_gateway_never(
    wanted: Wanted, model: EmbeddingServer, client: Client, tmp_path: Path
) -> None:
    before = replace(wanted, dims=256)
    stack = StackResources()
    stack.up(before)
    fill(client, 200)
    write_outputs(tmp_path / "outputs.json", before, model)
    search: SemanticSearch = semantic_search(before, model)
    searchers = {
        "jina-local": Searcher(named(before.connection, "jina-local", "Document: text 7")),
        "jina-local-query": Searcher(named(before.connection, "jina-local-query", "text 7")),
        "SemanticSearch": Searcher(lambda: search.search("text 7", 1)),
        "jinactl": Searcher(by_jinactl(tmp_path / "outputs.json")),
    }
    stopped = threading.Event()
    threads = [threading.Thread(target=one.run, args=(stopped,)) for one in searchers.values()]
    for thread in threads:
        thread.start()
    try:
        for dims in (64, 512, 128):
            stack.up(replace(before, dims=dims))
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    for name, one in searchers.items():
        print(f"{name}: {one.searches} searches, refused for {[round(span, 3) for span in one.spans]} s")
        assert one.searches > 20
    assert not searchers["SemanticSearch"].told
    assert not searchers["jinactl"].told
    for name in ("jina-local", "jina-local-query"):
        assert max(searchers[name].spans, default=0.0) < AT_MOST, searchers[name].told


@pytest.mark.parametrize("moment", ["before they are deleted", "before they are made"])
def test_endpoints_that_a_crash_left_behind_are_moved_by_the_next_run(
    moment: str, wanted: Wanted, stack: StackResources, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        if moment == "before they are made":
            inference_endpoint.delete(client, "jina-local", force=True)
        raise KeyboardInterrupt

    changed = replace(wanted, dims=64)
    with monkeypatch.context() as patched:
        patched.setattr(endpoints, "move", crash)
        with pytest.raises(KeyboardInterrupt):
            stack.up(changed)
    assert next(iter(client.request("GET", f"/{ALIAS}"))).startswith("jina-demo-64-")

    stack.up(changed)

    assert {name: live_dims(client, name) for name in changed.endpoints().named()} == {
        "jina-local": 64,
        "jina-local-query": 64,
        "jina-local-document": 64,
    }
    current = next(iter(client.request("GET", f"/{ALIAS}").values()))
    assert "migration" not in current["mappings"]["_meta"]


@pytest.mark.parametrize(
    "other", [{"url": "{gateway}"}, {"model_id": "theirs"}, {"requests_per_minute": 3000}], ids=str
)
def test_an_endpoint_that_differs_in_more_than_dims_is_not_moved_with_the_index(
    other: dict[str, Any], wanted: Wanted, stack: StackResources, client: Client, model: EmbeddingServer
) -> None:
    inference_endpoint.delete(client, "jina-local-query", force=True)
    other = {key: model.container_url if key == "url" else value for key, value in other.items()}
    theirs = replace(wanted.endpoints().named()["jina-local-query"], **other)
    inference_endpoint.create(client, "jina-local-query", theirs, "")
    assert stack.state
    moves = endpoints.find_moves(client, replace(wanted, dims=64).endpoints())
    assert sorted(moves) == ["jina-local", "jina-local-document"]


def test_dims_that_are_taken_back_leave_the_endpoint_of_the_pipeline(
    stack: StackResources, client: Client
) -> None:
    """The engine deletes what an interrupted update replaced at the end of the next one."""
    PROVIDERS["pipeline endpoint"].delete("id", stack.state["pipeline endpoint"])
    assert live_dims(client, "jina-local-document-768") == 768
    stack.state["guard"]["delete_data"] = stack.state["index"]["delete_data"] = ALIAS
    stack.destroy()
    assert client.request("GET", "/_inference")["endpoints"] == []


@pytest.mark.parametrize("name", ["jina-local", "jina-local-query", "jina-local-document"])
def test_a_change_of_dims_is_refused_while_others_embed_by_an_endpoint(
    name: str, wanted: Wanted, stack: StackResources, client: Client
) -> None:
    io = {"input_field": "text", "output_field": "vector"}
    theirs = {"processors": [{"inference": {"model_id": name, "input_output": io}}]}
    client.request("PUT", "/_ingest/pipeline/theirs", theirs)
    indices = list(client.request("GET", "/*"))
    with pytest.raises(ConflictError, match=rf"{name}.* would change.*ingest pipeline theirs"):
        stack.up(replace(wanted, dims=64))
    assert list(client.request("GET", "/*")) == indices
    assert live_dims(client, name) == 768
    client.request("DELETE", "/_ingest/pipeline/theirs")
    stack.up(replace(wanted, dims=64))
    assert live_dims(client, name) == 64
    assert int(client.request("GET", f"/{ALIAS}/_count")["count"]) == len(CONTENTS)


def live_dims(client: Client, name: str) -> int:
    """Return the dims of an endpoint."""
    live = inference_endpoint.read_live(client, name)
    assert live is not None
    assert live.endpoint is not None
    return live.endpoint.dimensions
