"""The quantisations of the model: each is one entry here, and everything that knows of them reads it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Quant:
    """One quantisation: the size of its file in the default repository, in 10^6 bytes, and the bits of a weight.

    `bits` is of the format that most matrices have, its scales included; others have a larger one. `estimated` says
    that the size was worked out, not read from the repository.
    """

    megabytes: int
    bits: float
    estimated: bool = False


QUANTS = {
    "F16": Quant(megabytes=431, bits=16),
    "Q8_0": Quant(megabytes=233, bits=8.5),
    "Q6_K": Quant(megabytes=182, bits=6.56, estimated=True),
    "Q5_K_M": Quant(megabytes=169, bits=5.5, estimated=True),
    "Q4_K_M": Quant(megabytes=157, bits=4.5),
    "Q3_K_M": Quant(megabytes=144, bits=3.44, estimated=True),
    "Q2_K": Quant(megabytes=133, bits=2.63, estimated=True),
}
"""By the name that llama-quantize and the model's files have for it, from the largest file to the smallest."""
