"""The kinds of values that a setting can have: each reads the text of a setting as a typed value.

A value that cannot be used is noted in the reader; a placeholder of the right type replaces it, so reading goes on.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import TypeVar

from components.names import names_in
from components.settings.reader import SettingsReader, likely

Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=str)

NAME_PATTERN = r"[a-z0-9][a-z0-9._-]*"
NAME_MEANING = "lower-case letters, digits, dots, dashes and underscores, beginning with a letter or digit"

Kind = Callable[[SettingsReader, str], Value]
"""Reads the setting with a key."""


def text(pattern: str = "", meaning: str = "") -> Kind[str]:
    """Text that is empty or matches `pattern` in full; `meaning` describes the pattern in words."""

    def read(reader: SettingsReader, key: str) -> str:
        value = reader.value(key)
        if value and pattern and not re.fullmatch(pattern, value):
            reader.refuse(key, f'is "{value}": it must be {meaning}.')
        return value

    return read


def required_text(pattern: str = "", meaning: str = "") -> Kind[str]:
    """Text that must not be empty."""

    def read(reader: SettingsReader, key: str) -> str:
        value = text(pattern, meaning)(reader, key)
        if not value:
            reader.refuse(key, f"is empty: it must be {meaning or 'set'}.")
        return value

    return read


def choice(*allowed: Choice) -> Kind[Choice]:
    """One of `allowed`; a near miss is answered with what was likely meant."""

    def read(reader: SettingsReader, key: str) -> Choice:
        value = reader.value(key)
        for one in allowed:
            if value == one:
                return one
        listed = ", ".join(allowed)
        reader.refuse(key, f'is "{value}": it must be one of {listed}.{likely(value, allowed)}')
        return allowed[0]

    return read


def integer(minimum: int, maximum: int) -> Kind[int]:
    """Whole numbers from `minimum` to `maximum`."""

    def read(reader: SettingsReader, key: str) -> int:
        value = reader.value(key)
        if re.fullmatch(r"-?\d+", value) and minimum <= int(value) <= maximum:
            return int(value)
        reader.refuse(key, f'is "{value}": it must be a whole number from {minimum} to {maximum}.')
        return minimum

    return read


def boolean(reader: SettingsReader, key: str) -> bool:
    """Read true or false."""
    value = reader.value(key)
    if value not in ("true", "false"):
        reader.refuse(key, f'is "{value}": it must be true or false.')
    return value == "true"


def texts(reader: SettingsReader, key: str) -> tuple[str, ...]:
    """Read a list of texts."""
    value = reader.value(key)
    try:
        listed = json.loads(value) if value else []
    except json.JSONDecodeError:
        listed = None
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        reader.refuse(
            key,
            f"is \"{value}\": it must be a list, set item by item with `pulumi config set --path '{key}[0]' VALUE`.",
        )
        return ()
    return tuple(listed)


def names(reader: SettingsReader, key: str) -> tuple[str, ...]:
    """Read a list of names, of which none is twice in it."""
    listed = texts(reader, key)
    wrong = [f'"{one}"' for one in listed if not re.fullmatch(NAME_PATTERN, one)]
    twice = sorted({f'"{one}"' for one in listed if listed.count(one) > 1})
    problems = [f"{', '.join(wrong)}: each must be {NAME_MEANING}"] if wrong else []
    problems += [f"{', '.join(twice)} more than once"] if twice else []
    if problems:
        reader.refuse(key, f"has {'; and '.join(problems)}.")
        return ()
    return listed


def separated_names(reader: SettingsReader, key: str) -> str:
    """Read names separated by commas, in one spelling."""
    return ",".join(names_in(reader.value(key)))


def secret(reader: SettingsReader, key: str) -> str:
    """Read a secret; a secret that is stored unencrypted is refused, and never shown."""
    value = reader.value(key)
    if value and not reader.is_secret(key):
        reader.refuse(
            key,
            f"is stored in clear in the stack's file: set it again with `pulumi config set --secret {key}`.",
        )
    return value


def directory_as_set(reader: SettingsReader, key: str) -> str:
    """Read a directory as somebody wrote it, in one spelling: the same in every checkout."""
    return str(PurePath(required_text(r".*\S.*", "a directory")(reader, key)))


def directory(reader: SettingsReader, key: str) -> str:
    """Read a directory as an absolute path."""
    return str((reader.project_directory / Path(directory_as_set(reader, key)).expanduser()).resolve())


PORT = integer(1, 65535)
TOKENS = integer(1, 131072)
SHARES = integer(2, 262144)  # what the kernel takes
NAME = required_text(NAME_PATTERN, NAME_MEANING)
IMAGE = (r"[\w][\w.:/@-]*", "the name of an image")
LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
"""A name in a cluster, by RFC 1123."""

OBJECT = (rf"{LABEL}(\.{LABEL})*", "the name of an object in the cluster")
GIT_URL = r"(https?|git|ssh|file)://\S+|[\w.-]+@[\w.-]+:\S+"
URL = r"https?://[^\s/]+\S*"
MOST_MEMORY = 16 * 1024 * 1024
"""MiB."""


def base_url(reader: SettingsReader, key: str) -> str:
    """Read an address, without the slashes at its end."""
    return text(URL, "an address such as https://elasticsearch.example:9200")(reader, key).rstrip("/")
