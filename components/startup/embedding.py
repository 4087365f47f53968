"""Asks an embedding server for an embedding until one comes, and judges it by what the model promises."""

from __future__ import annotations

import http.client
import json
import math
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from components.engine.errors import EngineTimeoutError, NotListeningError
from components.program.errors import CheckError
from components.say import Say
from components.startup.ending import Runs
from components.startup.server import SERVER
from components.startup.waiting import NotReadyError, wait_for

PATIENCE = 300.0
"""Seconds within which the model must be loaded and an embedding come."""

ANSWER_SECONDS = 30
PATH = "/v1/embeddings"
TEXT = "What is deep learning?"
NORM_TOLERANCE = 1e-3
NOT_READY = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
"""Loading its model; or what the gateway says while the lane is full, or its server does not answer."""

_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Past any proxy of the environment: it could not reach this server, and has no business with its key."""

Ask = Callable[[bytes, dict[str, str]], tuple[int, bytes]]
"""Posts a body with headers to PATH of a server; returns status and body of the answer."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What is asked, and what the answer must be: `place` names who is asked, for messages."""

    place: str
    model: str
    width: int
    api_key: str


def prove(promise: Promise, ask: Ask, runs: Runs, *, patience: float, say: Say) -> str:
    """Ask for an embedding until it comes or `patience` seconds are over; return what was seen in one line.

    Raises CheckError when no embedding comes, when what `runs` ends or crashes over and over (then at once), or when
    what comes is not as many finite numbers of length 1 as are promised.
    """
    vector = wait_for(
        "an embedding",
        lambda: _embedding(promise, ask, runs),
        SERVER,
        runs,
        place=promise.place,
        patience=patience,
        say=say,
    )
    verify(vector, promise)
    return f"{promise.model} answers with {len(vector)} finite numbers of length 1"


def verify(vector: list[float], promise: Promise) -> None:
    """Raise CheckError unless the vector has the promised dimensions, finite numbers, and length 1."""
    if len(vector) != promise.width:
        raise CheckError(
            f"{promise.place} returned {len(vector)} dimensions where modelDimensions promises {promise.width}. "
            f"Set modelDimensions to {len(vector)} if this is the model you want, else correct modelFile."
        )
    if not all(math.isfinite(number) for number in vector):
        raise CheckError(
            f"{promise.place} returned numbers that are not finite: the model file may be damaged, or of a type that "
            "this build computes wrongly. Try another quant, or another llamaCppRef."
        )
    length = math.sqrt(math.fsum(number * number for number in vector))
    if abs(length - 1) > NORM_TOLERANCE:
        raise CheckError(
            f"{promise.place} returned a vector of length {length:.4f} instead of 1: it is not normalised. "
            "Check serverExtraArguments and modelPooling."
        )


def ask_at(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Post a body to an address; return status and body of the answer.

    Raises OSError and http.client.HTTPException where none comes.
    """
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 (a setting of the stack)
    try:
        with _DIRECTLY.open(request, timeout=ANSWER_SECONDS) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def _embedding(promise: Promise, ask: Ask, runs: Runs) -> list[float]:
    body = json.dumps({"input": [TEXT], "model": promise.model}).encode()
    headers = {"Content-Type": "application/json"}
    if promise.api_key:
        headers["Authorization"] = f"Bearer {promise.api_key}"
    try:
        status, said = ask(body, headers)
    except (OSError, http.client.HTTPException, NotListeningError, EngineTimeoutError) as error:
        raise NotReadyError(str(error) or type(error).__name__) from error
    text = said.decode(errors="replace")[:500]
    if status in NOT_READY:
        raise NotReadyError(f"HTTP {status}: {text}")
    if status != HTTPStatus.OK:
        raise CheckError(f"{promise.place} answered with HTTP {status}: {text} Its log: {runs.log_command}")
    try:
        return [float(number) for number in json.loads(said)["data"][0]["embedding"]]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CheckError(
            f"{promise.place} did not answer as an embedding server does. Does another program use this port?"
        ) from error
