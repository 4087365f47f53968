"""Measures migrations on a node that it starts: `python -m benchmarks.migration --documents 10000`.

768 -> 256 slices the stored embeddings, 256 -> 768 embeds again; each once with nobody else at work, and once with a
writer and a reader. The embedding server is a double, which embeds at once: a real one takes its own time for as many
texts. With `--deletes 50` a writer also deletes 50 documents a second, and only the migration that slices is
measured. A table and, with `--json`, a file with the same figures and the facts of the machine.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from sandbox.elasticsearch import ensure_image
from sandbox.machine.cache import cache_root
from tests.contract.elasticsearch.people import Reader, Writer, at_work
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.fixtures.elasticsearch_node import start_node
from tests.fixtures.embedding_server import EmbeddingServer, embedding_server

STEPS = (("768 -> 256", "slice", 256), ("256 -> 768", "re-embed", 768))
BULK = 200
SETTLED = 0.2
"""Seconds for which people work before the migration begins."""


@dataclass(kw_only=True)
class Deleter(Writer):
    """Deletes one of the `ids` and writes a new document in turn, not more than so many of each a second."""

    ids: list[str]
    a_second: float
    deleted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.pause = 1 / (2 * self.a_second)

    def _change(self, client: Client, number: int) -> None:
        if number % 2 or not self.ids:
            super()._change(client, number)
            return
        client.request("DELETE", f"/{ALIAS}/_doc/{self.ids[-1]}")
        self.deleted.add(self.ids.pop())


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One migration. `refused_seconds` is the longest time in which a writer got no document in.

    `lost` counts documents that were acknowledged and are not there afterwards; `embedded` the texts that were sent
    to the embedding server, those of the writer and of the verification included.
    """

    dims: str
    strategy: str
    people: bool
    documents: int
    seconds: float
    embedded: int
    written: int
    refused_seconds: float
    refusals: list[str]
    searches: int
    reader_errors: int
    lost: int
    twice: int


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table, and write the file that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.migration", description="Measure migrations.")
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--deletes", type=float, default=0.0, metavar="A_SECOND")
    parser.add_argument("--json", type=Path, metavar="FILE")
    asked = parser.parse_args(arguments)
    ensure_image(cache_root(), print)
    with start_node() as node, embedding_server() as model:
        connection = Connection(url=node.url, user=node.user, password=node.password)
        version = str(node.send("GET", "/").json()["version"]["number"])
        measured = measure(connection, model, asked.documents, asked.deletes)
    facts = {
        **machine(),
        "elasticsearch": f"{version}, the sandbox's stand-in of one node with 512 MiB of heap",
        "embedding_server": "a double that embeds at once",
    }
    print(*table(measured), "", *(f"{name}: {value}" for name, value in facts.items()), sep="\n", flush=True)
    if asked.json:
        report = {"machine": facts, "measurements": [asdict(one) for one in measured]}
        asked.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0


def measure(
    connection: Connection, model: EmbeddingServer, documents: int, deletes: float
) -> list[Measurement]:
    """Fill an index, and migrate it to and fro: alone, then with people at work; with `deletes` as `main` says."""
    wanted = Wanted(
        connection=connection, embeddings_url=model.container_url, gateway=model, demo_documents=False
    )
    stack = StackResources()
    stack.up(wanted)
    measured = []
    with Client(connection) as client:
        contents = index_texts(client, documents)
        steps = [(people, step) for people in (False, True) for step in STEPS]
        for people, (dims, strategy, number) in [(True, STEPS[0])] if deletes else steps:
            target = replace(wanted, dims=number)
            one = migrate(client, stack, target, model, contents, people=people, deletes=deletes)
            measured.append(replace(one, dims=dims, strategy=strategy))
    return measured


def index_texts(client: Client, count: int) -> set[str]:
    """Index documents through the alias, again those that were refused; return their ids."""
    left = [f"doc-{number}" for number in range(count)]
    for attempt in range(count // BULK + 20):
        if not left:
            break
        bulk = left[:BULK]
        lines: list[dict[str, Any]] = []
        for one in bulk:
            lines += [
                {"index": {"_id": one}},
                {"content": f"text of {one}, for the measurement of migrations"},
            ]
        answer = client.request("POST", f"/{ALIAS}/_bulk", lines, timeout=600)
        refused = [item["index"] for item in answer["items"] if "error" in item["index"]]
        if refused:
            print(f"bulk {attempt}: {len(refused)} refused, the first with {refused[0]['error']}", flush=True)
        left = [str(one["_id"]) for one in refused] + left[BULK:]
    if left:
        raise SystemExit(f"{len(left)} of {count} documents were refused over and over.")
    return {f"doc-{number}" for number in range(count)}


def migrate(
    client: Client,
    stack: StackResources,
    wanted: Wanted,
    model: EmbeddingServer,
    contents: set[str],
    *,
    people: bool,
    deletes: float,
) -> Measurement:
    """Measure one migration; `contents` are the ids that must be there, to which those of the writer are added."""
    model.requests.clear()
    ids = random.sample(sorted(contents), len(contents))
    deleter = Deleter(connection=wanted.connection, ids=ids, a_second=deletes) if deletes else None
    writer, reader = deleter or Writer(wanted.connection), Reader(wanted.connection)
    with at_work(writer, reader) if people else nullcontext():
        if people:
            time.sleep(SETTLED)
        started = time.monotonic()
        stack.up(wanted)
        seconds = time.monotonic() - started
    # The ids of every writer are the same: what an earlier one wrote and this one deleted is gone.
    contents -= {f"written-{number}" for number in range(writer.written)}
    contents |= writer.contents.keys()
    contents -= deleter.deleted if deleter else set()
    ids = all_ids(client)
    return Measurement(
        dims="",
        strategy="",
        people=people,
        documents=len(set(ids)),
        seconds=round(seconds, 2),
        embedded=len(model.texts),
        written=writer.written,
        refused_seconds=round(max(writer.refused, default=0.0), 3),
        refusals=sorted(writer.answers),
        searches=reader.searches,
        reader_errors=len(reader.errors),
        lost=len(contents - set(ids)),
        twice=len(ids) - len(set(ids)),
    )


def all_ids(client: Client) -> list[str]:
    """Return the ids of all documents behind the alias."""
    client.request("POST", f"/{ALIAS}/_refresh")
    ids: list[str] = []
    after: list[Any] = []
    pit = client.request("POST", f"/{ALIAS}/_pit", query={"keep_alive": "5m"})["id"]
    while True:
        page = {"size": 1000, "_source": False, "pit": {"id": pit}, "sort": ["_shard_doc"]}
        hits = client.request("POST", "/_search", {**page, **({"search_after": after} if after else {})})
        found = hits["hits"]["hits"]
        if not found:
            client.request("DELETE", "/_pit", {"id": pit})
            return ids
        ids += [str(hit["_id"]) for hit in found]
        after = found[-1]["sort"]


def table(measured: Sequence[Measurement]) -> list[str]:
    """Return the lines of the table."""
    columns = (
        "dims",
        "strategy",
        "people",
        "documents",
        "seconds",
        "docs/s",
        "written",
        "refused",
        "searches",
    )
    lines = [" ".join(f"{name:>10}" for name in (*columns, "errors", "lost", "twice"))]
    for one in measured:
        cells = (
            *(
                one.dims,
                one.strategy,
                "at work" if one.people else "none",
                one.documents,
                f"{one.seconds:.1f}",
            ),
            *(
                f"{one.documents / one.seconds:.0f}",
                one.written,
                f"{one.refused_seconds:.2f} s",
                one.searches,
            ),
            *(one.reader_errors, one.lost, one.twice),
        )
        lines.append(" ".join(f"{cell!s:>10}" for cell in cells))
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
