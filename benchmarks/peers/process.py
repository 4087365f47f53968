"""A peer in a process of its own: how it is started and asked."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.peers.engines import PEERS, Embeddings
from benchmarks.peers.formats import TOKENS, ensure
from benchmarks.peers.started import Started, threads
from benchmarks.server.load import documents_of
from benchmarks.server.servers import Running
from sandbox.models.eurobert import SEED

FIRST = [[1, 2, 3]]
"""The text that shows that an engine is ready."""


@dataclass(frozen=True)
class Process(Started):
    """A process that runs benchmarks.peers.worker."""

    process: subprocess.Popen[str]

    def tokens_per_second(self, tokens: int, texts: int) -> float:
        """Embed batches of `texts` texts, as many as the container is sent."""
        batch = np.random.default_rng(SEED).integers(0, TOKENS, size=(texts, tokens)).tolist()
        times = documents_of(tokens, texts) // texts
        return tokens * texts * times / float(self.ask(batch, times)["seconds"])

    def embed(self, texts: Sequence[Sequence[int]]) -> Embeddings:
        """Embed one batch."""
        return np.array(self.ask(texts, 1)["vectors"], np.float32)

    def ask(self, texts: Sequence[Sequence[int]], times: int) -> dict[str, Any]:
        """Send a request; raises SystemExit where the process has ended."""
        if not self.process.stdin or not self.process.stdout:
            raise SystemExit("The engine was started without pipes.")
        try:
            self.process.stdin.write(json.dumps({"texts": texts, "times": times}) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise SystemExit(
                f"The engine has ended with {self.process.wait()}: what it wrote stands above, unless it was killed."
            )
        found: dict[str, Any] = json.loads(answer)
        return found


@contextmanager
def process(name: str) -> Iterator[Process]:
    """Start a peer of engines.PEERS; end it afterwards. Its format must have been made, which no start waits for."""
    folder = ensure(PEERS[name].reads)
    command = [sys.executable, "-m", "benchmarks.peers.worker", name, str(folder), str(threads())]
    began = time.monotonic()
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        peer = Process(Running("", started.pid, 0.0), started)
        peer.embed(FIRST)
        ready = replace(peer.running, seconds_to_first_embedding=time.monotonic() - began)
        yield replace(peer, running=ready)
    finally:
        started.terminate()
        started.wait()
