"""Measures one lane against two, and the settings of the second one, each varied alone."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.lanes.load import Outcome, measured
from benchmarks.lanes.servers import Running, Variant, started
from benchmarks.server.comparison import rotated
from benchmarks.server.load import document

STACK = "two lanes, as the stack sets them"
ALONE = "one lane"

VARIANTS = (
    Variant(STACK, {}),
    Variant(ALONE, {"serverLanes": 1}),
    Variant("2 threads for queries", {"serverQueryThreads": 2}),
    Variant("1 slot for queries", {"serverQueryParallel": 1}),
    Variant("2 slots for queries", {"serverQueryParallel": 2}),
    Variant("shares 2048 and 512", {"serverQueryShares": 2048, "serverDocumentShares": 512}),
    Variant("equal shares", {"serverQueryShares": 1024, "serverDocumentShares": 1024}),
)

CONNECTIONS = 20
"""As many as Elasticsearch has to a server of embeddings; each sends a document a request."""

QUERY_TOKENS = 16
DOCUMENT_TOKENS = 130
"""Those of 100 words of English."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a variant did, a round at a time."""

    variant: str
    idle: list[Outcome]
    busy: list[Outcome]


def compare(
    server_image: str, gateway_image: str, model: Path, rounds: int, seconds: float
) -> list[Measured]:
    """Measure all variants in turn, idle for a quarter of the time and then under load."""
    found = {one.name: Measured(variant=one.name, idle=[], busy=[]) for one in VARIANTS}
    by_name = {one.name: one for one in VARIANTS}
    with started(server_image, gateway_image, model, VARIANTS) as running:
        for number in range(rounds):
            for name in rotated(list(found), number):
                running.take(by_name[name])
                found[name].idle.append(measured(query_of(running), seconds / 4))
                busy = measured(query_of(running), seconds, document_of(running), CONNECTIONS)
                found[name].busy.append(busy)
                print(f"{name}: idle {shown(found[name].idle[-1])}; under load {shown(busy)}", flush=True)
    return list(found.values())


def shown(outcome: Outcome) -> str:
    """Return an outcome for a person."""
    text = f"p50 {1000 * outcome.p50:.0f} ms, p95 {1000 * outcome.p95:.0f} ms, {outcome.failed} failed"
    return f"{text}, {outcome.documents:.2f} documents/s, {outcome.refused} refused"


def query_of(running: Running) -> Callable[[requests.Session, int], requests.Response]:
    """Return what asks the gateway for the embedding of a query."""
    body = {"input": document(QUERY_TOKENS), "encoding_format": "base64"}
    url = f"{running.gateway.url}/query/v1/embeddings"
    return lambda session, _number: session.post(url, json=body, timeout=60)


def document_of(running: Running) -> Callable[[requests.Session, int], requests.Response]:
    """Return what asks the gateway for the embedding of a document."""
    body = {"input": document(DOCUMENT_TOKENS), "encoding_format": "base64"}
    url = f"{running.gateway.url}/document/v1/embeddings"
    return lambda session, _number: session.post(url, json=body, timeout=600)
