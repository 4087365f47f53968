"""By what a server multiplies matrices, as its environment and the log of its start tell."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from components.settings.onednn import BACKEND, PRECISION

LIBRARY = "libggml-onednn"
"""How the name of the backend's file begins."""

BEGIN = ("llama_server: initializing", "load_backend: ")
"""One of these is in the first lines that a server writes: now, and of a source from early 2026."""

_REFUSED = re.compile(rf"failed to \S+ .*?{LIBRARY}\S*: (.*)")

Kernels = Literal["onednn", "llama.cpp", "cuda"]


@dataclass(frozen=True, kw_only=True)
class Multiplying:
    """By what a server multiplies matrices: `kernels`, None where its log does not tell.

    `numbers` is bfloat16 or float32 where oneDNN multiplies and that is known. `why` says what keeps oneDNN from it, or
    how far its work is known. `failed` says that its library is there and could not be loaded.
    """

    kernels: Kernels | None
    numbers: str = ""
    why: str = ""
    failed: bool = False

    @property
    def text(self) -> str:
        """The same in a few words."""
        if self.kernels == "onednn":
            return ", ".join(filter(None, ("oneDNN", self.numbers and f"in {self.numbers}", self.why)))
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
    if not any(begin in line for line in log for begin in BEGIN):
        return Multiplying(
            kernels=None, why="oneDNN is asked for, and the log of the start is not there any more"
        )
    about = [line for line in log if LIBRARY in line or "oneDNN" in line]
    for line in about:
        if found := _refused(line):
            return found
    wanted = "float32" if environment.get(PRECISION) == "f32" else ""
    said = next((one for one in ("bfloat16", "float32") if any(one in line for line in about)), wanted)
    # ggml says aloud what it could not load; what it has loaded, only where it is to say more than usual.
    silent = "" if about else "as far as the log of the start tells"
    return Multiplying(kernels="onednn", numbers=said, why=silent)


def _refused(line: str) -> Multiplying | None:
    """Return what keeps oneDNN from multiplying, where a line of ggml's says it."""
    if "not supported on this system" in line:
        return Multiplying(kernels="llama.cpp", why="the processor has no AVX2")
    refused = _REFUSED.search(line)
    if refused is None:
        return None
    if f"{LIBRARY}.so: cannot open" in refused[1]:  # images for other processors have none
        return Multiplying(kernels="llama.cpp", why="oneDNN is not in the image")
    return Multiplying(kernels="llama.cpp", why=f"oneDNN could not be loaded ({refused[1]})", failed=True)
