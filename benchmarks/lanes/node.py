"""Searches through Elasticsearch while people index: the whole chain of a stack that is up."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from benchmarks.lanes.load import Outcome, ask

BULK = 200
CLIENTS = 4
WORDS = 100
IDLE_SECONDS = 20
BULK_SECONDS = 7200
SEARCH_SECONDS = 60
PREFIX = "benchmark-lanes-"
"""The documents' ids begin so, by which they are taken away again."""

VOCABULARY = (
    "tide harbour pod memory index query certificate lambda bread iron sailing knots verse melody".split()
)


@dataclass(frozen=True)
class Stack:
    """What is asked of a stack that is up, from its outputs."""

    url: str
    index: str
    endpoint: str
    auth: tuple[str, str]

    @classmethod
    def of(cls, outputs: Mapping[str, Any]) -> "Stack":
        """Read the outputs of `pulumi stack output --json --show-secrets`."""
        return cls(
            url=outputs["elasticsearchUrl"],
            index=outputs["index"],
            endpoint=outputs["queryInferenceEndpoint"],
            auth=(outputs["elasticsearchUser"], outputs["elasticsearchPassword"]),
        )

    def search(self, session: requests.Session, number: int) -> requests.Response:
        """Search as the pages describe it, with a text that was not asked before."""
        built: dict[str, Any] = {
            "text_embedding": {"model_id": self.endpoint, "model_text": f"why are pods killed {number}"}
        }
        body: dict[str, Any] = {
            "size": 3,
            "knn": {"field": "content_embedding", "k": 3, "query_vector_builder": built},
        }
        return session.post(
            f"{self.url}/{self.index}/_search",
            json=body,
            auth=self.auth,
            timeout=SEARCH_SECONDS,
        )

    def bulk(self, session: requests.Session, lines: str) -> list[str]:
        """Send a bulk; return why documents were refused, one a document."""
        answer = session.post(
            f"{self.url}/{self.index}/_bulk",
            data=lines.encode(),
            headers={"Content-Type": "application/x-ndjson"},
            auth=self.auth,
            timeout=BULK_SECONDS,
        )
        answer.raise_for_status()
        items = [next(iter(item.values())) for item in answer.json()["items"]]
        return [str(item["error"].get("reason")) for item in items if "error" in item]


@dataclass(frozen=True, kw_only=True)
class Through:
    """The searches before and while documents were indexed, and why documents were refused."""

    idle: Outcome
    busy: Outcome
    seconds: float
    reasons: list[str]

    def missed(self) -> list[str]:
        """Return the bars that were not reached."""
        bars = {
            "p95 of a search under load is more than 3 times that of an idle stack": self.busy.p95
            > 3 * self.idle.p95,
            "p95 of a search under load is more than 1 s": self.busy.p95 > 1,
            "searches failed": self.busy.failed > 0,
            "documents were refused": self.busy.refused > 0,
        }
        return [text for text, missed in bars.items() if missed]


def through_the_node(stack: Stack, documents: int) -> Through:
    """Search an idle stack, then while clients index so many documents; take those away again."""
    began = time.monotonic()
    idle, idle_failed = ask(stack.search, lambda: time.monotonic() - began >= IDLE_SECONDS)
    reasons: list[str] = []
    clients = [
        threading.Thread(target=index, args=[stack, range(first, documents, CLIENTS), reasons])
        for first in range(CLIENTS)
    ]
    began = time.monotonic()
    try:
        for client in clients:
            client.start()
        busy, failed = ask(stack.search, lambda: not any(client.is_alive() for client in clients))
        seconds = time.monotonic() - began
    finally:
        for client in clients:
            client.join()
        remove(stack, documents)
    return Through(
        idle=Outcome(seconds=idle, failed=len(idle_failed), documents=0.0, refused=0),
        busy=Outcome(seconds=busy, failed=len(failed), documents=documents / seconds, refused=len(reasons)),
        seconds=seconds,
        reasons=sorted(set(reasons)),
    )


def index(stack: Stack, numbers: range, reasons: list[str]) -> None:
    """Index documents one bulk after another; note why any were refused."""
    with requests.Session() as session:
        for start in range(0, len(numbers), BULK):
            part = numbers[start : start + BULK]
            lines = "".join(
                f'{{"index":{{"_id":"{PREFIX}{number}"}}}}\n{{"content":"{text(number)}"}}\n'
                for number in part
            )
            try:
                reasons += stack.bulk(session, lines)
            except (requests.RequestException, ValueError) as error:
                reasons += [str(error)] * len(part)


def remove(stack: Stack, documents: int) -> None:
    """Take the documents away."""
    with requests.Session() as session:
        for start in range(0, documents, 10 * BULK):
            numbers = range(start, min(documents, start + 10 * BULK))
            stack.bulk(session, "".join(f'{{"delete":{{"_id":"{PREFIX}{number}"}}}}\n' for number in numbers))


def text(number: int) -> str:
    """Return a document of 100 words, none like another."""
    words = (VOCABULARY[(number * 7 + place * 3) % len(VOCABULARY)] for place in range(WORDS - 1))
    return f"{number} {' '.join(words)}"
