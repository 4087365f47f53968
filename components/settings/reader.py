"""Reads single settings as typed values, and collects every problem instead of stopping at the first."""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeVar

Choice = TypeVar("Choice", bound=str)


class SettingsReader:
    """Reads settings by key; `problems` holds what cannot be used: key, value and what is allowed.

    `values` maps a key of Pulumi.yaml, without the project's name, to its text as Pulumi hands it over: lists
    as JSON. After a problem the reader returns some value of the right type, so that reading goes on.
    """

    def __init__(self, values: Mapping[str, str], secret_keys: Collection[str]) -> None:
        self._values = values
        self._secret_keys = secret_keys
        self._known: set[str] = set()
        self._refused: set[str] = set()
        self.problems: list[str] = []

    def text(self, key: str, pattern: str = "", meaning: str = "") -> str:
        """Read text; when not empty it must match all of `pattern`, which `meaning` puts into words."""
        value = self._value(key)
        if value and pattern and not re.fullmatch(pattern, value):
            self._refuse(key, f'is "{value}": it must be {meaning}.')
        return value

    def required_text(self, key: str, pattern: str = "", meaning: str = "") -> str:
        """Read text that must not be empty."""
        value = self.text(key, pattern, meaning)
        if not value and key in self._values:
            self._refuse(key, f"is empty: it must be {meaning or 'set'}.")
        return value

    def choice(self, key: str, allowed: Sequence[Choice]) -> Choice:
        """Read one of `allowed`; a near miss is answered with what was likely meant."""
        value = self._value(key)
        for one in allowed:
            if value == one:
                return one
        if key in self._values:
            listed = ", ".join(allowed)
            self._refuse(key, f'is "{value}": it must be one of {listed}.{likely(value, allowed)}')
        return allowed[0]

    def integer(self, key: str, minimum: int, maximum: int) -> int:
        """Read a whole number between `minimum` and `maximum`, both included."""
        value = self._value(key)
        if re.fullmatch(r"-?\d+", value) and minimum <= int(value) <= maximum:
            return int(value)
        if key in self._values:
            self._refuse(key, f'is "{value}": it must be a whole number from {minimum} to {maximum}.')
        return minimum

    def boolean(self, key: str) -> bool:
        """Read true or false."""
        value = self._value(key)
        if value not in ("true", "false") and key in self._values:
            self._refuse(key, f'is "{value}": it must be true or false.')
        return value == "true"

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts."""
        value = self._value(key)
        try:
            listed = json.loads(value) if value else []
        except json.JSONDecodeError:
            listed = None
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            self._refuse(
                key,
                f'is "{value}": it must be a list, set item by item with '
                f"`pulumi config set --path '{key}[0]' VALUE`.",
            )
            return ()
        return tuple(listed)

    def secret(self, key: str) -> str:
        """Read a secret; one that is stored in clear is refused, and never shown."""
        value = self._value(key)
        if value and key not in self._secret_keys:
            self._refuse(
                key,
                "is stored in clear in the stack's file: "
                f"set it again with `pulumi config set --secret {key}`.",
            )
        return value

    def require(self, holds: bool, problem: str, *keys: str) -> None:
        """Note `problem` unless the rule holds, or one of `keys` could not be used anyway."""
        if not holds and self._refused.isdisjoint(keys):
            self.problems.append(problem)

    def refuse_unknown_keys(self) -> None:
        """Note each key that nothing has read: it would be ignored in silence."""
        for key in sorted(set(self._values) - self._known):
            self.problems.append(
                f"{key} is not a setting of this project.{likely(key, sorted(self._known))} "
                f"Remove it with `pulumi config rm {key}`."
            )

    def _refuse(self, key: str, problem: str) -> None:
        self._refused.add(key)
        self.problems.append(f"{key} {problem}")

    def _value(self, key: str) -> str:
        self._known.add(key)
        if key not in self._values:
            self._refuse(key, "is missing: its default in Pulumi.yaml was removed.")
            return ""
        return self._values[key]


def likely(value: str, allowed: Sequence[str]) -> str:
    """Return " Did you mean X?" when `value` is near to one of `allowed`, else nothing."""
    spelled = {re.sub(r"[^a-z0-9]", "", one.lower()): one for one in reversed(allowed)}
    wanted = re.sub(r"[^a-z0-9]", "", value.lower())
    if not wanted:
        return ""
    longer = [name for name in spelled if name.startswith(wanted)]
    near = longer or get_close_matches(wanted, spelled, n=1, cutoff=0.6)
    return f" Did you mean {spelled[near[-1]]}?" if near else ""
