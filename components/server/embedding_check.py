"""Proves that a running llama-server returns embeddings as its model promises.

Run as `python3 components/server/embedding_check.py` with its settings in the environment, so that the API key
appears in no process list. Uses the standard library alone, and nothing of
this project: it must run under any Python 3 on PATH.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

PATIENCE = 60.0
"""Seconds during which a server that is not ready, or cannot be reached, is asked again."""

TEXT = "What is deep learning?"
NORM_TOLERANCE = 1e-3
NOT_READY = 503


class CheckError(Exception):
    """The server did not prove itself; the message says how, and what to do."""


@dataclass(frozen=True)
class Check:
    """What to ask: the full URL of /v1/embeddings, and what the answer must be."""

    url: str
    model: str
    width: int
    container: str
    api_key: str

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Check:
        """Read the check from EMBEDDING_CHECK_* variables."""
        return cls(
            url=environment["EMBEDDING_CHECK_URL"],
            model=environment["EMBEDDING_CHECK_MODEL"],
            width=int(environment["EMBEDDING_CHECK_WIDTH"]),
            container=environment["EMBEDDING_CHECK_CONTAINER"],
            api_key=environment.get("EMBEDDING_CHECK_API_KEY", ""),
        )


def run(check: Check, patience: float = PATIENCE) -> str:
    """Ask for an embedding until it comes or `patience` seconds are over; return what was seen in one line.

    Raises CheckError when no embedding comes, or one that is not `check.width` finite numbers of length 1.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            vector = _embedding(check)
            break
        except _NotReadyError as error:
            if time.monotonic() >= deadline:
                raise CheckError(
                    f"{check.url} did not answer within {patience:.0f} s ({error}). "
                    f"Its log says why: docker logs {check.container}"
                ) from error
            time.sleep(0.5)
    verify(vector, check)
    return f"{check.model} answers with {len(vector)} finite numbers of length 1"


def verify(vector: list[float], check: Check) -> None:
    """Raise CheckError unless the vector has the promised width, finite numbers, and length 1."""
    if len(vector) != check.width:
        raise CheckError(
            f"{check.url} returned {len(vector)} numbers where modelWidth promises {check.width}. "
            f"Set modelWidth to {len(vector)} if this is the model you want, else correct modelFile."
        )
    if not all(math.isfinite(number) for number in vector):
        raise CheckError(
            f"{check.url} returned numbers that are not finite: the model file may be damaged, or of a type that "
            "this build computes wrongly. Try another quant, or another llamaCppRef."
        )
    length = math.sqrt(math.fsum(number * number for number in vector))
    if abs(length - 1) > NORM_TOLERANCE:
        raise CheckError(
            f"{check.url} returned a vector of length {length:.4f} instead of 1: it is not normalised. "
            "Check serverExtraArguments and modelPooling."
        )


class _NotReadyError(Exception):
    """The server may answer later."""


def _embedding(check: Check) -> list[float]:
    request = urllib.request.Request(  # noqa: S310 (the address is a setting of the stack)
        check.url,
        data=json.dumps({"input": [TEXT], "model": check.model}).encode(),
        headers={"Content-Type": "application/json"},
    )
    if check.api_key:
        request.add_header("Authorization", f"Bearer {check.api_key}")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            answer = json.load(response)
        return [float(number) for number in answer["data"][0]["embedding"]]
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")[:500]
        if error.code == NOT_READY:
            raise _NotReadyError(f"HTTP 503: {said}") from error
        raise CheckError(
            f"{check.url} answered with HTTP {error.code}: {said} Its log: docker logs {check.container}"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise _NotReadyError(str(error)) from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CheckError(
            f"{check.url} did not answer as an embedding server does. Does another program use this port?"
        ) from error


def main() -> int:
    """Run the check that the environment describes; return the exit code."""
    try:
        print(run(Check.of_environment(os.environ)))
    except CheckError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
