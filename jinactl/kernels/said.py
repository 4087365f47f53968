"""By what a server multiplies matrices, as its environment and the log of its start tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

BACKEND, PRECISION = "GGML_BACKEND_PATH", "GGML_ONEDNN_PRECISION"
"""The variables by which a server gets the setting serverOnednn: ggml's own, and that of the backend on oneDNN."""

LIBRARY = "libggml-onednn"
"""How the name of the backend's file begins."""

Kernels = Literal["onednn", "llama.cpp", "cuda"]


@dataclass(frozen=True, kw_only=True)
class Multiplying:
    """By what a server multiplies matrices: `kernels`, None where its log does not tell.

    `numbers` is bfloat16 or float32 where oneDNN multiplies and that is known. `why` says what keeps oneDNN from it,
    and `failed` that it should multiply and its library could not be loaded.
    """

    kernels: Kernels | None
    numbers: str = ""
    why: str = ""
    failed: bool = False

    @property
    def text(self) -> str:
        """The same in a few words."""
        if self.kernels == "onednn":
            return f"oneDNN{f', in {self.numbers}' if self.numbers else ''}"
        if self.kernels == "cuda":
            return "the GPU (cuda)"
        own = "llama.cpp's own kernels" if self.kernels else "not told"
        return f"{own}: {self.why}"


def multiplying(environment: Mapping[str, str], log: Sequence[str], *, has_gpu: bool) -> Multiplying:
    """Return by what a server with this environment multiplies; `log` are the lines of its start.

    The lines are ggml's of loading a backend (ggml-backend-reg.cpp), and the backend's own, which names its numbers.
    """
    if has_gpu:
        return Multiplying(kernels="cuda")
    if not environment.get(BACKEND):
        return Multiplying(kernels="llama.cpp", why="oneDNN is not asked for (serverOnednn is off)")
    about = [line for line in log if LIBRARY in line or "oneDNN" in line]
    for line in about:
        if found := _refused(line):
            return found
    if not about:
        return Multiplying(
            kernels=None, why="oneDNN is asked for, and the log of the start tells nothing of it"
        )
    said = next((one for one in ("bfloat16", "float32") if any(one in line for line in about)), "")
    return Multiplying(kernels="onednn", numbers=said or _wanted(environment))


def _wanted(environment: Mapping[str, str]) -> str:
    return "float32" if environment.get(PRECISION) == "f32" else ""


def _refused(line: str) -> Multiplying | None:
    """Return what keeps oneDNN from multiplying, where a line of ggml's says it."""
    if "not supported on this system" in line:
        return Multiplying(kernels="llama.cpp", why="the processor has no AVX2")
    if "failed to" not in line:
        return None
    absent = "No such file" in line and f"{LIBRARY}.so: cannot open" in line
    why = (
        "oneDNN is not in the image" if absent else f"oneDNN could not be loaded ({line.rpartition(': ')[2]})"
    )
    return Multiplying(kernels="llama.cpp", why=why, failed=True)
