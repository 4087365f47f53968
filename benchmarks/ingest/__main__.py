"""Measures `jinactl ingest`: `python -m benchmarks.ingest`.

First a million lines of 20 words into a double of a cluster that answers at once: the command's own speed, and its
memory. Then a part of them into a node, with 1 to 4 portions at a time and 16 to 64 documents a request, in turn and in
several rounds; and again, when all is there already. The embedding server of the node is a double with the slots of the
real one, which answers each text after 10 ms: so it is known how many documents a second it could take at most.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.ingest.command import Run, run, write_documents, write_outputs
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.documents.digest import DIGEST_MAPPING
from components.elasticsearch.fields import DIGEST
from sandbox.elasticsearch import ensure_image
from sandbox.machine.cache import cache_root
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.fixtures.elasticsearch_node import Node, start_node
from tests.fixtures.embedding_server import EmbeddingServer, embedding_server

MAPPING = json.dumps({"jina-demo-1": {"mappings": {"properties": {DIGEST: DIGEST_MAPPING}}}})
WAYS = ((1, 16), (2, 16), (3, 16), (4, 16), (2, 32), (2, 64))
"""Portions at a time, and documents in a request."""

SLOTS, SECONDS = 4, 0.01


def main(arguments: Sequence[str]) -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ingest", description="Measure jinactl ingest."
    )
    parser.add_argument("--documents", type=int, default=1_000_000, help="lines into the double")
    parser.add_argument(
        "--into-node", type=int, default=4_000, help="lines into a node, for each way; 0 for none"
    )
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        if asked.documents:
            print(_shown("the double", _into_double(Path(folder), asked.documents)), flush=True)
        if asked.into_node:
            _into_node(Path(folder), asked.into_node, asked.rounds)
    return 0


def _into_double(folder: Path, count: int) -> Run:
    documents, outputs = folder / "documents.ndjson", folder / "outputs.json"
    write_documents(documents, count)
    with _cluster_double() as port:
        write_outputs(outputs, elasticsearchUrl=f"http://127.0.0.1:{port}", elasticsearchCaCertificate="")
        return run(outputs, documents)


@contextmanager
def _cluster_double() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "benchmarks.ingest.cluster_double", str(port), MAPPING]
    with subprocess.Popen(command) as process:
        time.sleep(1)
        try:
            yield port
        finally:
            process.kill()


def _into_node(folder: Path, count: int, rounds: int) -> None:
    ensure_image(cache_root(), print)
    documents, outputs = folder / "part.ndjson", folder / "outputs.json"
    write_documents(documents, count)
    rates: dict[tuple[int, int], list[float]] = {way: [] for way in WAYS}
    again = []
    with start_node() as node, embedding_server() as model:
        _answer_as_a_server(model)
        for _ in range(rounds):
            for way in WAYS:
                _bring_up(node, model, outputs)
                rates[way].append(run(outputs, documents, _program(*way)).rate)
            again.append(run(outputs, documents).rate)
    for (at_once, batch), found in rates.items():
        print(
            f"{at_once} at a time, {batch} a request: {statistics.median(found):,.0f} documents a second {_each(found)}"
        )
    print(f"what the embedding server takes at most: {SLOTS / SECONDS:,.0f} documents a second")
    print(f"all there already: {statistics.median(again):,.0f} documents a second {_each(again)}")


def _answer_as_a_server(model: EmbeddingServer) -> None:
    """Have the double answer as a server of SLOTS slots, each of which takes SECONDS for a text.

    The answer is the same each time, and made once.
    """
    first: list[tuple[int, dict[str, object]]] = []
    slots = threading.Semaphore(SLOTS)
    answer = model.answer

    def at_its_pace(request: object) -> tuple[int, dict[str, object]]:
        if not first:
            first.append(answer(request))  # type: ignore[arg-type] # passed on
        with slots:
            time.sleep(SECONDS)
        return first[0]

    model.answer = at_its_pace  # type: ignore[method-assign] # for this run


def _bring_up(node: Node, model: EmbeddingServer, outputs: Path) -> None:
    node.clean()
    connection = Connection(url=node.url, user=node.user, password=node.password)
    wanted = Wanted(connection=connection, embeddings_url=model.container_url, gateway=model)
    StackResources().up(replace(wanted, dims=768, demo_documents=False))
    write_outputs(
        outputs,
        elasticsearchUrl=node.url,
        elasticsearchUser=node.user,
        elasticsearchPassword=node.password,
        elasticsearchCaCertificate="",
        index=ALIAS,
        inferenceEndpoint=wanted.inference_id,
    )


def _program(at_once: int, batch: int) -> str:
    return f"""
from jinactl.commands import ingest
from functools import partial
ingest.Wish = partial(ingest.Wish, at_once={at_once}, batch={batch})
from jinactl.app import run
"""


def _shown(where: str, found: Run) -> str:
    return (
        f"{found.counted['read']:,} documents into {where}: {found.seconds:.0f} s, {found.rate:,.0f} a second; memory "
        f"{found.early:.0f} MiB after a tenth, {found.middle:.0f} in the middle, {found.most:.0f} at most"
    )


def _each(found: Sequence[float]) -> str:
    return f"({', '.join(f'{one:,.0f}' for one in found)})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
