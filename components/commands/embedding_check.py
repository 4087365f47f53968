"""Proves that a running llama-server returns embeddings as its model promises.

Run as `python3 -m components.commands.embedding_check` with its settings in the environment. With EMBEDDING_CHECK_URL
the server is asked at that address; without it, inside its container, before any other request goes there.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from components.engine.container import Container
from components.engine.errors import EngineTimeoutError, NotListeningError
from components.program.entry import run_to_end, say
from components.program.errors import CheckError
from components.say import Say, say_nothing
from components.startup.server import SERVER
from components.startup.waiting import NotReadyError, wait_for

PATIENCE = 300.0
"""Seconds within which the model must be loaded and an embedding come."""

ANSWER_SECONDS = 30
TEXT = "What is deep learning?"
NORM_TOLERANCE = 1e-3
PATH = "/v1/embeddings"
NOT_READY = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
"""Loading its model; or what the gateway says while the lane is full, or its server does not answer."""

_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Past any proxy of the environment: it could not reach this server, and has no business with its key."""


@dataclass(frozen=True)
class Check:
    """What to ask, and what the answer must be.

    `url` is the full address of /v1/embeddings, or empty to ask on `port` inside `container`.
    """

    url: str
    port: int
    model: str
    width: int
    container: str
    api_key: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Check:
        """Read the check from EMBEDDING_CHECK_* variables."""
        return cls(
            url=environment.get("EMBEDDING_CHECK_URL", ""),
            port=int(environment.get("EMBEDDING_CHECK_PORT", "0")),
            model=environment["EMBEDDING_CHECK_MODEL"],
            width=int(environment["EMBEDDING_CHECK_WIDTH"]),
            container=environment.get("EMBEDDING_CHECK_CONTAINER", ""),
            api_key=environment.get("EMBEDDING_CHECK_API_KEY", ""),
        )

    @property
    def place(self) -> str:
        """Name what is asked, for messages."""
        return self.url or f"llama-server in container {self.container}"


def run(
    check: Check,
    container: Container,
    patience: float = PATIENCE,
    say: Say = say_nothing,
) -> str:
    """Ask for an embedding until it comes or `patience` seconds are over; return what was seen in one line.

    Raises CheckError when no embedding comes, when the container ends or crashes over and over (then at once), or when
    what comes is not `check.width` finite numbers of length 1.
    """
    vector = wait_for(
        "an embedding",
        lambda: _embedding_of(check, container),
        SERVER,
        container,
        place=check.place,
        patience=patience,
        say=say,
    )
    verify(vector, check)
    return f"{check.model} answers with {len(vector)} finite numbers of length 1"


def verify(vector: list[float], check: Check) -> None:
    """Raise CheckError unless the vector has the promised dimensions, finite numbers, and length 1."""
    if len(vector) != check.width:
        raise CheckError(
            f"{check.place} returned {len(vector)} dimensions where modelDimensions promises {check.width}. "
            f"Set modelDimensions to {len(vector)} if this is the model you want, else correct modelFile."
        )
    if not all(math.isfinite(number) for number in vector):
        raise CheckError(
            f"{check.place} returned numbers that are not finite: the model file may be damaged, or of a type that "
            "this build computes wrongly. Try another quant, or another llamaCppRef."
        )
    length = math.sqrt(math.fsum(number * number for number in vector))
    if abs(length - 1) > NORM_TOLERANCE:
        raise CheckError(
            f"{check.place} returned a vector of length {length:.4f} instead of 1: it is not normalised. "
            "Check serverExtraArguments and modelPooling."
        )


def ask(check: Check, url: str) -> list[float]:
    """Return an embedding as the server at `url` makes it. Raises NotReadyError, and CheckError for a wrong answer."""
    return _embedding(check, lambda body, headers: _ask(url, body, headers))


def _embedding_of(check: Check, container: Container) -> list[float]:
    if check.url:
        return ask(check, check.url)
    return _embedding(
        check, lambda body, headers: container.post(check.port, PATH, body, headers, ANSWER_SECONDS)
    )


def _embedding(check: Check, post: Callable[[bytes, dict[str, str]], tuple[int, bytes]]) -> list[float]:
    body = json.dumps({"input": [TEXT], "model": check.model}).encode()
    headers = {"Content-Type": "application/json"}
    if check.api_key:
        headers["Authorization"] = f"Bearer {check.api_key}"
    try:
        status, said = post(body, headers)
    except (OSError, http.client.HTTPException, NotListeningError, EngineTimeoutError) as error:
        raise NotReadyError(str(error) or type(error).__name__) from error
    text = said.decode(errors="replace")[:500]
    if status in NOT_READY:
        raise NotReadyError(f"HTTP {status}: {text}")
    if status != HTTPStatus.OK:
        log = f" Its log: docker logs {check.container}" if check.container else ""
        raise CheckError(f"{check.place} answered with HTTP {status}: {text}{log}")
    try:
        return [float(number) for number in json.loads(said)["data"][0]["embedding"]]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CheckError(
            f"{check.place} did not answer as an embedding server does. Does another program use this port?"
        ) from error


def _ask(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 (a setting of the stack)
    try:
        with _DIRECTLY.open(request, timeout=ANSWER_SECONDS) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def work() -> str:
    """Run the check that the environment describes; return what was seen."""
    check = Check.from_environment(os.environ)
    return run(check, Container(check.container), say=say)


if __name__ == "__main__":
    sys.exit(run_to_end(work))
