"""Asks a server and the reference for the embeddings of the same tokens: alone, in one array, and side by side."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import requests
from numpy.typing import NDArray

from sandbox.models.eurobert import MERGES, SEED, Shape

LENGTHS = (1, 5, 100, 513, 2048, 8000)
"""Tokens of a text: among them more than llama-server's usual batch of 512, and nearly all of the context."""

PATH = "/v1/embeddings"
TIMEOUT = 1800
SAME = 0.9999
"""Cosine from which on an F16 server counts as the same as the reference, which computes in single precision."""

Embedding = NDArray[np.float32]
Ways = ("alone", "in an array", "side by side")


@dataclass(frozen=True)
class Compared:
    """The cosine between the server's embedding and the reference's, for a text of `tokens` sent in one way."""

    way: str
    tokens: int
    cosine: float


def texts(shape: Shape, lengths: Sequence[int] = LENGTHS) -> dict[int, list[int]]:
    """Return a text for each length as ids of tokens, random ones and the end that the tokenizer puts last."""
    random = np.random.default_rng(SEED)
    end = shape.vocabulary - 1
    return {
        length: [*random.integers(0, min(256 + MERGES, end - 1), size=length - 1).tolist(), end]
        for length in lengths
    }


def reference_embeddings(folder: Path, asked: Mapping[int, list[int]]) -> dict[int, Embedding]:
    """Return what the reference says, from `folder` where it was asked before: 8,000 tokens take minutes."""
    kept = folder / "reference.npz"
    found = dict(np.load(kept)) if kept.exists() else {}
    missing = [length for length in asked if str(length) not in found]
    if missing:
        from benchmarks.parity.reference import Reference  # noqa: PLC0415 (it needs torch, and takes seconds)

        reference = Reference(folder)
        for length in missing:
            found[str(length)] = reference.embed(asked[length])
        np.savez(kept, **found)
    return {length: found[str(length)] for length in asked}


def compare(
    url: str, asked: Mapping[int, list[int]], expected: Mapping[int, Embedding], ways: Sequence[str] = Ways
) -> list[Compared]:
    """Ask the server at `url` in each of the ways; raises ValueError where it counts other tokens than were sent."""
    answers = {"alone": _alone, "in an array": _in_an_array, "side by side": _side_by_side}
    return [
        Compared(way, length, float(vector @ expected[length] / np.linalg.norm(vector)))
        for way in ways
        for length, vector in answers[way](url, asked).items()
    ]


def _alone(url: str, asked: Mapping[int, list[int]]) -> dict[int, Embedding]:
    return {length: _embed(url, [tokens])[0] for length, tokens in asked.items()}


def _in_an_array(url: str, asked: Mapping[int, list[int]]) -> dict[int, Embedding]:
    return dict(zip(asked, _embed(url, list(asked.values())), strict=True))


def _side_by_side(url: str, asked: Mapping[int, list[int]]) -> dict[int, Embedding]:
    with ThreadPoolExecutor(len(asked)) as pool:
        found = pool.map(lambda tokens: _embed(url, [tokens])[0], asked.values())
        return dict(zip(asked, found, strict=True))


def _embed(url: str, given: Sequence[Sequence[int]]) -> list[Embedding]:
    answer = requests.post(f"{url}{PATH}", json={"input": given, "model": "any"}, timeout=TIMEOUT)
    answer.raise_for_status()
    body = answer.json()
    counted, sent = body["usage"]["prompt_tokens"], sum(map(len, given))
    if counted != sent:
        raise ValueError(f"the server counted {counted} tokens where {sent} were sent")
    ordered = sorted(body["data"], key=lambda one: int(one["index"]))
    return [np.array(one["embedding"], np.float32) for one in ordered]
