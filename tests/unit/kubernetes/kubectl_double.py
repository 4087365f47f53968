"""A `kubectl` on PATH that answers as it is told, and notes what it was asked."""

import json
import sys
from pathlib import Path

import pytest

PROGRAM = """#!{python}
import json, sys
from pathlib import Path
folder = Path(__file__).parent
asked = " ".join(sys.argv[1:])
with (folder / "asked").open("a") as notes:
    print(asked, file=notes)
answers = json.loads((folder / "answers.json").read_text())
for part, told in answers.items():
    if part in asked:
        if isinstance(told, list):
            told = told.pop(0) if len(told) > 1 else told[0]
            (folder / "answers.json").write_text(json.dumps(answers))
        sys.stdout.write(told)
        sys.exit(0)
sys.exit(f"Error from server: nothing is known of {{asked}}")
"""


class KubectlDouble:
    """Answers each command that has a certain part: with a text, or with several, one after another."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder, self._answers = folder, dict[str, object]()
        program = folder / "kubectl"
        program.write_text(PROGRAM.format(python=sys.executable))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=":")

    def answer(self, part: str, *told: object) -> None:
        """Answer commands with `part` by `told`, the last of them for ever: texts, or objects as JSON."""
        texts = [one if isinstance(one, str) else json.dumps(one) for one in told]
        self._answers[part] = texts
        (self._folder / "answers.json").write_text(json.dumps(self._answers))

    @property
    def asked(self) -> list[str]:
        """The commands in their order, their arguments with a space between them."""
        notes = self._folder / "asked"
        return notes.read_text().splitlines() if notes.exists() else []
