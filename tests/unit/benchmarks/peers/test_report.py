"""How the figures come into the table and the picture, and which stay."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers.__main__ import ENGINES, PAGE, RESULTS, facts, kept
from benchmarks.peers.accuracy import Accuracy
from benchmarks.peers.comparison import CELLS, Cell, Rate, Speed
from benchmarks.peers.engines import PEERS, REFERENCE
from benchmarks.peers.formats import FORMATS
from benchmarks.peers.own import BASE, OWN
from benchmarks.peers.report import BEGIN, PICTURE, draw, lines_of, places, shown
from benchmarks.server.report import with_tables
from components.settings.quantisations import QUANTS

MACHINE = {"processor": "P", "flags": "avx2", "cores": 2}


def speed(factor: float) -> dict[str, Any]:
    base = [Rate(second=100, cpu_second=50), Rate(second=200, cpu_second=60)]
    rounds = [Rate(second=factor * one.second, cpu_second=factor * one.cpu_second) for one in base]
    cells = [Cell(tokens=tokens, texts=texts, rounds=rounds, base=base) for tokens, texts in CELLS]
    found = Speed(
        cells=cells, peak_memory_mib=1000, seconds_to_first_embedding=1.5, measured="then", load=0.5 * factor
    )
    return asdict(found)


def results(**accuracies: Accuracy) -> dict[str, Any]:
    return {
        "machine": MACHINE,
        "speed": {"OpenVINO int8": speed(4), BASE: speed(1)},
        "accuracy": {name.replace("_", " "): asdict(one) for name, one in accuracies.items()},
    }


def test_an_engine_has_its_speed_beside_its_accuracy() -> None:
    lines = lines_of(results(OpenVINO_int8=Accuracy(worst=0.9, mean=0.95)))

    cells = " | ".join(["600 (4.00)"] * 4)
    assert f"| OpenVINO int8 | {cells} | 220 (4.00) | 0.90000 | 0.95000 | 1000 | 1.5 |" in lines
    assert "2 cores of P (avx2), then to then, load of the machine 0.5 to 2.0." in lines
    names = [line.split(" | ")[0] for line in lines if "(" in line and line.startswith("| ")]
    assert names == [f"| {BASE}", "| OpenVINO int8"], "ours come first"


def test_what_was_not_measured_is_empty() -> None:
    found = results(PyTorch_float32=Accuracy(worst=1.0, mean=1.0))

    assert shown(found, REFERENCE) == "PyTorch float32 |  |  |  |  |  | 1.00000 | 1.00000 |  | "
    assert shown(found, BASE).endswith("| 55 (1.00) |  |  | 1000 | 1.5")


def test_the_picture_has_a_point_for_what_is_known_wholly(tmp_path: Path) -> None:
    draw(
        results(OpenVINO_int8=Accuracy(worst=0.9, mean=0.95), PyTorch_float32=Accuracy(worst=1, mean=1)),
        tmp_path,
    )

    picture = (tmp_path / PICTURE).read_text()
    assert "OpenVINO int8" in picture
    assert BASE not in picture
    assert REFERENCE not in picture


def test_names_of_points_that_are_near_stand_in_different_places() -> None:
    assert places([(1e-2, 500), (1e-2, 510), (1e-5, 500), (1e-2, 2000), (1.1e-2, 505)]) == [0, 1, 0, 0, 2]


@pytest.mark.parametrize(
    ("before", "stays"),
    [({}, False), ({"cores": 4}, False), ({"flags": "avx2 amx_tile"}, False), (MACHINE, True)],
    ids=["nothing", "other cores", "another processor", "the same machine"],
)
def test_figures_of_another_machine_are_not_mixed_with_new_ones(
    before: dict[str, Any], stays: bool, tmp_path: Path
) -> None:
    file = tmp_path / "results.json"
    if before:
        file.write_text(json.dumps({**results(), "machine": {**MACHINE, **before}}))

    found = kept(file, MACHINE)

    assert found["machine"] == MACHINE
    assert bool(found["speed"]) == stays


def test_the_facts_of_a_machine_do_not_change_with_its_load() -> None:
    assert facts() == facts()
    assert facts().keys() == MACHINE.keys()


def test_every_engine_reads_something_that_is_made() -> None:
    assert {one.reads for one in PEERS.values()} <= FORMATS.keys()
    assert {one.quant for one in OWN.values()} <= QUANTS.keys()
    assert len(ENGINES) == len(set(ENGINES))


def test_the_table_of_the_document_is_that_of_the_file() -> None:
    page = PAGE.read_text()
    lines = lines_of(json.loads(RESULTS.read_text()))
    assert page == with_tables(page, lines, BEGIN), "run `python -m benchmarks.peers --render`"
