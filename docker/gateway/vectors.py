"""Embeddings between the forms in which llama-server sends them and clients ask for them."""

from base64 import b64decode, b64encode
from collections.abc import Sequence

import numpy as np

from gateway.rules import Vectors
from gateway.wanted import Encoding

_THREE_DIGITS = np.frombuffer(b"".join(b"%03d" % number for number in range(1000)), np.uint8).reshape(1000, 3)
_DIGITS = 9
_CHARACTERS = len("-0.123456789,")


def decode(embeddings: Sequence[str], width: int) -> Vectors:
    """Return the vectors, one a row, of base64 texts of little-endian floats.

    Raises ValueError unless each has `width` numbers, none of them above 1.
    """
    vectors = np.frombuffer(b"".join(map(b64decode, embeddings)), "<f4").reshape(len(embeddings), -1)
    # Not a number compares as false with every number.
    if vectors.shape[1] != width or not (np.abs(vectors) < 1.001).all():  # noqa: PLR2004 (rounding)
        raise ValueError("not vectors of that width and of length 1")
    return vectors


def encode(vectors: Vectors, encoding: Encoding) -> list[bytes]:
    """Return each row as a value in JSON."""
    if encoding == "float":
        return _floats(vectors)
    return [b'"' + b64encode(row.tobytes()) + b'"' for row in vectors.astype("<f4", copy=False)]


def _floats(vectors: Vectors) -> list[bytes]:
    """Write numbers below 10 with nine decimals, all at once: a library would take ten times as long for each."""
    whole, decimals = np.divmod(
        np.rint(np.abs(vectors, dtype=np.float64) * 10**_DIGITS).astype(np.uint32), 10**_DIGITS
    )
    thousands, last = np.divmod(decimals, 1000)
    first, middle = np.divmod(thousands, 1000)
    text = np.empty((*vectors.shape, _CHARACTERS), np.uint8)
    text[..., 0] = np.where(vectors < 0, ord("-"), ord(" "))
    text[..., 1] = whole + ord("0")
    text[..., 2] = ord(".")
    for place, digits in zip((3, 6, 9), (first, middle, last), strict=True):
        text[..., place : place + 3] = _THREE_DIGITS[digits]
    text[..., -1] = ord(",")
    return [b"[" + row.tobytes() + b"]" for row in text.reshape(len(vectors), -1)[:, :-1]]
