"""The limit of the hardware: the speed of a matrix product, and the operations that the model needs."""

import os
import subprocess
import sys

WEIGHTS = 113.25e6
"""Weights that every token is multiplied with: 12 layers of EuroBERT 210m, without the embedding table."""

ATTENTION = 36_864
"""FLOP for each token and each other token that it attends to: 12 layers x 768 numbers x 4."""

_PRODUCT = """
import numpy, time
n = 3072
a, b = (numpy.random.default_rng(0).random((n, n), dtype=numpy.float32) for _ in range(2))
a @ b
best = 1e9
for _ in range(8):
    began = time.perf_counter()
    a @ b
    best = min(best, time.perf_counter() - began)
print(2 * n ** 3 / best)
"""


def flop_per_token(tokens: int) -> float:
    """Return the floating point operations per token of a document of `tokens` tokens."""
    return 2 * WEIGHTS + ATTENTION * tokens


def measured_flops() -> float:
    """Return the FLOP/s of a product of two float32 matrices with all cores, the best of eight."""
    # Some machines set these to keep old releases of OpenBLAS from faulty kernels; numpy's release is new.
    slowing = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    environment = {name: value for name, value in os.environ.items() if name not in slowing}
    done = subprocess.run(
        [sys.executable, "-c", _PRODUCT], env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def share(tokens: int, tokens_per_second: float, flops: float) -> float:
    """Return the share of the hardware's FLOP/s that a speed in tokens/s uses."""
    return flop_per_token(tokens) * tokens_per_second / flops
