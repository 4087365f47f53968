"""Delivery of a model file into a volume: what is said where the file is not on this machine."""

import subprocess
from pathlib import Path

import pytest

from components.commands import model_delivery
from components.program.errors import DeliveryError


def test_a_file_that_another_machine_has_is_told_with_both_ways_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "models" / "model.gguf"
    names = {"SOURCE": str(path), "FILE": path.name, "SHA256": "d" * 64, "VOLUME": "v", "IMAGE": "i"}
    for name, value in names.items():
        monkeypatch.setenv(f"MODEL_DELIVERY_{name}", value)
    missing_in_the_volume = subprocess.CompletedProcess[str]([], 1, "", "")
    monkeypatch.setattr(model_delivery, "run", lambda *_, **__: missing_in_the_volume)

    with pytest.raises(DeliveryError) as raised:
        model_delivery.work()

    said = str(raised.value)
    assert said.startswith(f"{path} is not there.")
    assert "`pulumi refresh` finds out" in said
    assert "`pulumi up --replace '**ModelFile::model'`" in said
