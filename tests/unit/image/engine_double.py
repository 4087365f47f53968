"""A double of the `docker` command, for one engine with some images."""

from dataclasses import dataclass, field
from pathlib import Path

SCRIPT = """#!/bin/sh
echo "$*" >>"{folder}/asked"
if [ ! -e "{folder}/engine" ]; then
    echo "Cannot connect to the Docker daemon at ${{DOCKER_HOST:-the usual socket}}." >&2
    exit 1
fi
case "$1" in
    info) cat "{folder}/engine" ;;
    version) echo linux/arm64 ;;
    image)
        for name; do :; done
        if grep -qxF "$name" "{folder}/images"; then echo sha256:0; else
            echo "Error: No such image: $name" >&2
            exit 1
        fi
        ;;
esac
"""


@dataclass
class EngineDouble:
    """`docker` in `folder`: the engine's id and its images are files there, and so is what it was asked."""

    folder: Path
    images: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "docker").write_text(SCRIPT.format(folder=self.folder))
        (self.folder / "docker").chmod(0o755)
        self.become("ENGINE")

    def become(self, identifier: str) -> None:
        """Be an engine with this id."""
        (self.folder / "engine").write_text(identifier)
        self.hold()

    def hold(self, *images: str) -> None:
        """Hold these images and no others."""
        (self.folder / "images").write_text("".join(f"{name}\n" for name in images))

    def stop(self) -> None:
        """Answer no more."""
        (self.folder / "engine").unlink()
