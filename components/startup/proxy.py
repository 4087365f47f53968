"""What the end of the proxy's log means, and what to do about it."""

from __future__ import annotations

from components.startup.ending import KILLED, Program

_MEMORY = (
    "The engine's machine is short of memory: give it more, or lower what its other containers may have."
)

# Words of nginx 1.22 and of the kernel, the more telling ones first.
_ADVICE = (
    (
        r"exec format error|exec .* no such file",
        "Its image is for another kind of processor, or has no nginx: correct imageBase, which it is built on.",
    ),
    (
        r"server\.conf.*(No such file|Permission denied|Read-only)|(Permission denied|Read-only).*server\.conf",
        "It cannot read its volume, which says which server it asks: remove container and volume "
        "(`docker rm --force CONTAINER && docker volume rm CONTAINER`), then `pulumi up --refresh`.",
    ),
    (
        r"server\.conf:\d+",
        "The file of its volume that says which server it asks is damaged: remove container and volume "
        "(`docker rm --force CONTAINER && docker volume rm CONTAINER`), then `pulumi up --refresh`.",
    ),
    (
        r"No space left on device",
        "The disk of the Docker engine's machine is full: make room (`docker system df` shows what takes it).",
    ),
    (r"Cannot allocate memory|fork\(\) failed|Too many open files|Resource temporarily unavailable", _MEMORY),
    (
        r"bind\(\) to .* failed",
        "Its port in the container cannot be had: correct imageBase, which its image is built on.",
    ),
)

PROXY = Program(
    name="The proxy in front of llama-server",
    advice=_ADVICE,
    by_exit_code={KILLED: _MEMORY},
    # A start takes a moment, and the proxy would fail again for the same reason.
    crashes=2,
)
