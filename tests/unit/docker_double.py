"""A double of the `docker` command that answers what a test says."""

import os
import shlex
from pathlib import Path

import pytest


class DockerDouble:
    """A `docker` in `folder`: what `says` has told it, by patterns of the shell for its arguments; else it fails."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put it before all others on PATH."""
        self._folder = folder
        self._cases: list[str] = []
        folder.mkdir()
        self._write()
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def says(self, pattern: str, output: str = "", code: int = 0) -> None:
        """Answer `output`, as an error where `code` is not 0, to what matches `pattern`: the first of them counts."""
        said = shlex.quote(output)
        stream = ">&2" if code else ""
        self._cases.append(f"{pattern}) printf %s {said} {stream}; exit {code};;")
        self._write()

    @property
    def asked(self) -> list[str]:
        """What was asked, in turn, a line each."""
        file = self._folder / "asked"
        return file.read_text().splitlines() if file.exists() else []

    @property
    def given(self) -> str:
        """What came on standard input last."""
        return (self._folder / "given").read_text()

    def _write(self) -> None:
        program = self._folder / "docker"
        lines = "\n".join(self._cases)
        program.write_text(
            f"""#!/bin/sh
printf '%s\\n' "$(echo "$*" | tr '\\n' ' ')" >>{self._folder}/asked
cat >{self._folder}/given
case "$*" in
{lines}
esac
echo "unexpected: $*" >&2
exit 125
"""
        )
        program.chmod(0o755)
