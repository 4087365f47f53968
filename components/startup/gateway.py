"""What the end of the gateway's log means, and what to do about it."""

from __future__ import annotations

from components.startup.ending import KILLED, Program

_MEMORY = (
    "The engine's machine is short of memory: give it more, or lower what its other containers may have."
)

# Words of Python 3.11, of its libraries and of the kernel, the more telling ones first.
_ADVICE = (
    (
        r"exec format error|exec .* no such file",
        "Its image is for another kind of processor, or has no Python: correct imageBase, which it is built on.",
    ),
    (
        r"No such file or directory: '/run/secrets",
        "The volume with serverApiKey has lost its file: `pulumi up --replace '**Command::gateway-key'` writes it "
        "again.",
    ),
    (
        r"No space left on device",
        "The disk of the Docker engine's machine is full: make room (`docker system df` shows what takes it).",
    ),
    (
        r"lanes\.json",
        "The file of its volume that says which servers it asks is damaged, or may not be read: remove container and "
        "volume (`docker rm --force CONTAINER && docker volume rm CONTAINER`), then `pulumi up --refresh`.",
    ),
    (r"MemoryError|Cannot allocate memory|Too many open files|Resource temporarily unavailable", _MEMORY),
    (
        r"error while attempting to bind",
        "Its port in the container cannot be had: correct imageBase, which its image is built on.",
    ),
    (
        r"ImportError|ModuleNotFoundError|has no attribute|SyntaxError",
        "The Python of its image, or a library, is of another version than it needs: correct imageBase, which its "
        "image is built on; Debian 12 has what it needs.",
    ),
)

GATEWAY = Program(
    name="The gateway in front of llama-server",
    advice=_ADVICE,
    by_exit_code={KILLED: _MEMORY},
    # A start takes a moment, and the gateway would fail again for the same reason.
    crashes=2,
    # Python tells where it was before it tells what is wrong.
    searched=60,
)
