"""this_machine: the same at every time on one machine, another one on another."""

import platform
import uuid
from pathlib import Path

import pytest

from components.model import machine
from components.model.machine import this_machine


@pytest.fixture
def named_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that holds the id of this installation."""
    path = tmp_path / "machine-id"
    path.write_text("3d1219c7\n")
    monkeypatch.setattr(machine, "_NAMED_IN", (tmp_path / "missing", path))
    return path


def test_tells_no_more_than_a_digest(named_in: Path) -> None:
    assert len(this_machine()) == 16
    assert this_machine() == this_machine()
    assert named_in.read_text().strip() not in this_machine()


@pytest.mark.usefixtures("named_in")
def test_another_processor_is_no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    before = this_machine()
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert this_machine() == before


@pytest.mark.parametrize("changed", ["installation", "name"])
def test_another_installation_or_name_is_another_machine(
    named_in: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    before = this_machine()
    if changed == "installation":
        named_in.write_text("another\n")
    else:
        monkeypatch.setattr(platform, "node", lambda: "runner-7")
    assert this_machine() != before


@pytest.mark.parametrize("content", ["", None])
@pytest.mark.parametrize(("system", "differs"), [("linux", True), ("darwin", False)])
def test_where_there_is_no_such_id_the_network_card_tells_machines_apart_but_on_macs(
    named_in: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, system: str, differs: bool
) -> None:
    if content is None:
        named_in.unlink()
    else:
        named_in.write_text(content)
    monkeypatch.setattr("sys.platform", system)
    seen = []
    for card in (1, 2):
        monkeypatch.setattr(uuid, "getnode", lambda card=card: card)
        seen.append(this_machine())
    assert (seen[0] != seen[1]) is differs
