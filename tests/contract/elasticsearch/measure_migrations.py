"""Measures migrations: `python -m tests.contract.elasticsearch.measure_migrations [documents]`, 10,000 by default.

Once with nobody else at work, and once with a writer and a reader, whose longest refusal and errors it tells too. The
embedding server is a double, which embeds at once: a real one takes as long as it takes for that many texts.
"""

import sys
import time
from contextlib import nullcontext
from dataclasses import replace

from components.elasticsearch.client import Client
from components.elasticsearch.connection import Connection
from sandbox.cache import cache_root
from sandbox.elasticsearch import ensure_image
from tests.contract.elasticsearch.people import Reader, Writer, at_work, fill
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.fixtures.elasticsearch_node import start_node
from tests.fixtures.embedding_server import embedding_server

STEPS = (("768 -> 256", 256), ("256 -> 768", 768))


def main(documents: int) -> int:
    """Print a line for each migration."""
    ensure_image(cache_root(), print)
    with start_node() as node, embedding_server() as model:
        connection = Connection(url=node.url, user=node.user, password=node.password)
        wanted = Wanted(connection=connection, embeddings_url=model.container_url, demo_documents=False)
        stack = StackResources()
        stack.up(wanted)
        with Client(connection) as client:
            fill(client, documents)
            writer_total = 0
            for busy in (False, True):
                for name, dims in STEPS:
                    model.requests.clear()
                    writer, reader = Writer(connection), Reader(connection)
                    started = time.monotonic()
                    with at_work(writer, reader) if busy else nullcontext():
                        stack.up(replace(wanted, dims=dims))
                    taken = time.monotonic() - started
                    client.request("POST", f"/{ALIAS}/_refresh")
                    held = client.request("GET", f"/{ALIAS}/_count")["count"]
                    writer_total = len(writer.contents) if busy else 0
                    print(
                        f"{name}, {documents} documents{' with a writer and a reader' if busy else ''}: "
                        f"{taken:.1f} s, {len(model.requests)} embeddings, {held} documents afterwards; "
                        f"writes {writer.written} ({writer_total} kept), longest refusal "
                        f"{max(writer.refused, default=0):.2f} s; searches {reader.searches}, "
                        f"errors {len(reader.errors)}",
                        flush=True,
                    )
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
