"""The quantisations of the model: each is one entry here, and everything that knows of them reads it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Quant:
    """One quantisation: the size of its file in the default repository, in 10^6 bytes, and what it costs in quality.

    `estimated` says that the size was worked out, not read from the repository.
    """

    megabytes: int
    quality: str
    estimated: bool = False


QUANTS = {
    "F16": Quant(megabytes=431, quality="full precision"),
    "Q8_0": Quant(megabytes=233, quality="near-lossless"),
    "Q6_K": Quant(megabytes=182, quality="near-lossless", estimated=True),
    "Q5_K_M": Quant(megabytes=169, quality="good", estimated=True),
    "Q4_K_M": Quant(megabytes=157, quality="good"),
    "Q3_K_M": Quant(megabytes=144, quality="lower", estimated=True),
    "Q2_K": Quant(megabytes=133, quality="lowest", estimated=True),
}
"""By the name that llama-quantize and the model's files have for it, from the largest file to the smallest."""
