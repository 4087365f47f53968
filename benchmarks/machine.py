"""The facts of the machine that measurements depend on."""

import os
import platform
from pathlib import Path

FLAGS = (
    "avx2",
    "fma",
    "f16c",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_tile",
    "asimd",
    "asimddp",
    "sve",
    "i8mm",
)
"""Abilities of processors for which ggml has code of its own."""


def machine() -> dict[str, str | int | float]:
    """Return the facts that measurements depend on; memory in GiB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": processor(),
        "flags": " ".join(flag for flag in FLAGS if flag in _cpuinfo("flags", "Features").split()),
        "cores": os.cpu_count() or 0,
        "memory_gib": round(memory, 1),
        "load_1min_at_the_end": round(os.getloadavg()[0], 2),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def processor() -> str:
    """Return the processor's name."""
    return _cpuinfo("model name") or platform.machine()


def _cpuinfo(*names: str) -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() in names:
            return value.strip()
    return ""
