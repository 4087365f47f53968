"""Hands out the values of settings by key, and collects every problem instead of stopping at the first."""

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

RENAMED = {"modelWidth": "modelDimensions"}
"""Former names of settings, and what they are called now."""


class SettingsReader:
    """The values of a stack's settings; `problems` holds what cannot be used: key, value and what is allowed.

    `values` maps a key of Pulumi.yaml, without the project's name, to its text as Pulumi hands it over: lists
    as JSON. Relative paths are taken from `project_directory`.
    """

    def __init__(
        self, values: Mapping[str, str], secret_keys: Collection[str], project_directory: Path
    ) -> None:
        self._values = values
        self._secret_keys = secret_keys
        self._known: set[str] = set()
        self._refused: set[str] = set()
        self.project_directory = project_directory
        self.problems: list[str] = []

    def value(self, key: str) -> str:
        """Return the text of a setting; empty, with a problem noted, where its default is missing."""
        self._known.add(key)
        if key not in self._values:
            self.refuse(key, "is missing: its default in Pulumi.yaml was removed.")
        return self._values.get(key, "")

    def is_secret(self, key: str) -> bool:
        """Tell whether the value is stored encrypted."""
        return key in self._secret_keys

    def refuse(self, key: str, problem: str) -> None:
        """Note what is wrong with the value of `key`, unless something is noted of it already."""
        if key not in self._refused:
            self._refused.add(key)
            self.problems.append(f"{key} {problem}")

    def require(self, holds: bool, problem: str, *keys: str) -> None:
        """Note `problem` unless the rule holds, or one of `keys` could not be used anyway."""
        if not holds and self._refused.isdisjoint(keys):
            self.problems.append(problem)

    def refuse_unknown_keys(self) -> None:
        """Note each key that nothing has read: it would be ignored in silence."""
        for key in sorted(set(self._values) - self._known):
            told = f"is not a setting of this project.{likely(key, sorted(self._known))} Remove it"
            if key in RENAMED:
                told = f"is now called {RENAMED[key]}: set that instead, and remove {key}"
            self.problems.append(f"{key} {told} with `pulumi config rm {key}`.")


def likely(value: str, allowed: Sequence[str]) -> str:
    """Return " Did you mean X?" when `value` is near to one of `allowed`, else nothing."""
    spelled = {re.sub(r"[^a-z0-9]", "", one.lower()): one for one in reversed(allowed)}
    wanted = re.sub(r"[^a-z0-9]", "", value.lower())
    if not wanted:
        return ""
    longer = [name for name in spelled if name.startswith(wanted)]
    near = longer or get_close_matches(wanted, spelled, n=1, cutoff=0.6)
    return f" Did you mean {spelled[near[-1]]}?" if near else ""
