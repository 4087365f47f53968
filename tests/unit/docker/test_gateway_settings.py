"""What the gateway reads in its environment, and in the file with the API key."""

from pathlib import Path

import pytest
from gateway.settings import read_settings

NEEDED = {"GATEWAY_MODEL": "a-model", "GATEWAY_WIDTH": "768"}


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("a-key", ["a-key"]),
        ("a key of words", ["a key of words"]),
        ("one\ntwo\n", ["one", "two"]),
        ("\n", []),
    ],
    ids=["a word", "several words", "two keys", "nothing"],
)
def test_a_line_of_the_file_is_a_key(tmp_path: Path, written: str, keys: list[str]) -> None:
    file = tmp_path / "key"
    file.write_text(written)
    assert read_settings({**NEEDED, "GATEWAY_KEY_FILE": str(file)}).keys == keys


def test_without_a_file_there_is_no_key() -> None:
    assert read_settings(NEEDED).keys == []
