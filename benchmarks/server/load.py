"""Documents of known length, and clients that send them."""

import statistics
import threading
import time
from dataclasses import dataclass

import requests

REQUEST_SECONDS = 600
TOKENS_A_CELL = 1500
"""The tokens that are embedded for one figure, or else one document for each client."""


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast documents of one length were embedded; `refused` is the server's answer where it would not."""

    tokens_per_second: float
    median_seconds: float
    refused: str = ""


def document(tokens: int) -> str:
    """Return a text of exactly `tokens` tokens: the synthetic model has one token per character, and one at the end."""
    return ("x1" * tokens)[: tokens - 1]


def documents_of(tokens: int, clients: int, inputs: int = 1) -> int:
    """Return how many documents to send: the same for every server, and a multiple of those sent at once."""
    at_once = clients * inputs
    return at_once * max(1, -(-TOKENS_A_CELL // (tokens * at_once)))


def measure(url: str, tokens: int, clients: int, inputs: int = 1) -> Speed:
    """Embed documents of `tokens` tokens with `clients` clients at a time, `inputs` documents a request."""
    requests_left = documents_of(tokens, clients, inputs) // inputs
    body = {"input": [document(tokens)] * inputs}
    lock = threading.Lock()
    seconds: list[float] = []
    refused: list[str] = []

    def ask_on() -> None:
        nonlocal requests_left
        with requests.Session() as session:
            while True:
                with lock:
                    if requests_left == 0 or refused:
                        return
                    requests_left -= 1
                began = time.monotonic()
                answer = session.post(f"{url}/v1/embeddings", json=body, timeout=REQUEST_SECONDS)
                with lock:
                    seconds.append(time.monotonic() - began)
                    problem = _problem(answer, tokens * inputs)
                    if problem:
                        refused.append(problem)

    threads = [threading.Thread(target=ask_on) for _ in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    if refused:
        return Speed(tokens_per_second=0.0, median_seconds=0.0, refused=refused[0])
    return Speed(
        tokens_per_second=len(seconds) * inputs * tokens / took, median_seconds=statistics.median(seconds)
    )


def _problem(answer: requests.Response, tokens: int) -> str:
    if answer.status_code != requests.codes.ok:
        return f"HTTP {answer.status_code}: {answer.json()['error']['message']}"
    counted = int(answer.json()["usage"]["prompt_tokens"])
    if counted != tokens:
        raise SystemExit(
            f"The server counted {counted} tokens where {tokens} were meant: documents are wrong."
        )
    return ""
