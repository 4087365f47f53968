"""The arguments of `jinactl evaluate` are checked before any work."""

from pathlib import Path

import pytest

from jinactl.commands import evaluate
from tests.unit.jinactl.conftest import Jinactl


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--quants", "q8"], 2, "There is no quant q8: it is one of F16,"),
        (["--dims", "100"], 2, "There is no dims 100: it is one of 768, 512,"),
        (["--index-options", "ivf"], 2, "There is no index option ivf"),
        (["--markdown", "/nowhere/table.md"], 2, "there is no folder /nowhere"),
        (["missing.tsv"], 1, "missing.tsv cannot be read"),
        (["--corpus", "missing.ndjson"], 1, "missing.ndjson cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str],
    code: int,
    told: str,
    jinactl: Jinactl,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert jinactl("evaluate", *arguments) == code
    assert told in capsys.readouterr().err


def test_without_the_extra_its_installation_is_told(
    jinactl: Jinactl, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(evaluate, "find_spec", lambda name: None if name == "ir_measures" else object())

    assert jinactl("evaluate") == 1
    told = capsys.readouterr().err
    assert "needs ir-measures" in told
    assert "pip install -e '.[evaluate]'" in told


@pytest.mark.parametrize(
    ("given", "width", "expected"),
    [
        ("", 768, [768, 512, 256, 128, 64, 32]),
        ("", 384, [384, 256, 128, 64, 32]),
        ("64, 256,64", 768, [256, 64]),
    ],
)
def test_dims_are_the_models_unless_some_are_chosen(given: str, width: int, expected: list[int]) -> None:
    assert evaluate._dims(given, width) == expected
