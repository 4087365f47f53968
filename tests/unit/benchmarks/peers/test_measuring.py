"""What the command measures and writes, and what it leaves."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.peers import __main__ as command
from benchmarks.peers.own import BASE
from tests.unit.benchmarks.peers.double import Double

KEPT = "PyTorch float32"


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    @contextmanager
    def started(name: str) -> Iterator[Double]:
        names.append(name)
        yield Double(name=name)

    monkeypatch.setattr(command, "started", started)
    return names


def test_the_engines_that_were_asked_for_are_written_beside_those_before(
    begun: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "results.json"
    command.measure([KEPT], ["speed"], 1, file)
    before = json.loads(file.read_text())["speed"][KEPT]

    command.measure(["OpenVINO int8"], ["speed"], 2, file)

    results = json.loads(file.read_text())
    assert begun == [BASE, KEPT, BASE, "OpenVINO int8"]
    assert results["speed"][KEPT] == before
    assert len(results["speed"]["OpenVINO int8"]["cells"][0]["rounds"]) == 2
    assert results["accuracy"] == {}


def test_against_another_engine_only_prints(
    begun: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results.json")

    ended = command.main(["--engines", BASE, "--against", "OpenVINO int8", "--rounds", "1"])

    assert ended == 0
    assert begun == ["OpenVINO int8", BASE]
    assert capsys.readouterr().out.startswith(f"{BASE} | 100 (1.00) | 100 (1.00) | 100 (1.00) | 25 (1.00)")
    assert list(tmp_path.iterdir()) == []
