"""Embeddings between the forms in which llama-server sends them and clients ask for them."""

from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence

import numpy as np

from gateway.rules import Vectors
from gateway.wanted import Encoding

_FOUR = 10**4
_DECIMALS = 10**8
_FOUR_DIGITS = np.frombuffer(b"".join(b"%04d" % number for number in range(_FOUR)), np.uint32)
_BEFORE_DECIMALS = np.frombuffer(b", 0., 1.,-0.,-1.", np.uint32)


def decode(embeddings: Sequence[str], width: int) -> Vectors:
    """Return the vectors, one a row, of base64 texts of little-endian floats.

    Raises ValueError unless each has `width` numbers, none of them above 1.
    """
    vectors = np.frombuffer(b"".join(map(a2b_base64, embeddings)), "<f4").reshape(len(embeddings), -1)
    # Not a number compares as false with every number.
    if vectors.shape[1] != width or not (np.abs(vectors) < 1.001).all():
        raise ValueError("not vectors of that width and of length 1")
    return vectors


def encode(vectors: Vectors, encoding: Encoding) -> list[bytes]:
    """Return each row as a value in JSON."""
    if encoding == "float":
        return _floats(vectors)
    return [b'"' + b2a_base64(row, newline=False) + b'"' for row in vectors.astype("<f4", copy=False)]


def _floats(vectors: Vectors) -> list[bytes]:
    """Write all numbers at once, four characters at a time: a library would take many times as long."""
    scaled = np.rint(np.abs(vectors, dtype=np.float64) * _DECIMALS).astype(np.uint32)
    upper = scaled // _FOUR
    whole = upper // _FOUR
    text = np.empty((*vectors.shape, 3), np.uint32)
    text[..., 0] = _BEFORE_DECIMALS[whole + 2 * (vectors < 0)]
    text[..., 1] = _FOUR_DIGITS[upper - whole * _FOUR]
    text[..., 2] = _FOUR_DIGITS[scaled - upper * _FOUR]
    return [b"[" + row.tobytes()[1:] + b"]" for row in text]
