"""How the figures come into the tables."""

import json
from dataclasses import asdict

from benchmarks.cluster.comparison import Asked, Found
from benchmarks.cluster.platforms import CONTROL, ENGINE, STACK_OWN
from benchmarks.cluster.report import found_of, lines_of, ratio

MACHINE = {
    "cores": 2,
    "processor": "P",
    "measured": "then",
    "load_1min_at_the_start": 1.5,
    "load_1min_at_the_end": 2.5,
}
FOUND = Found(
    first={"Docker": [40.0], "cluster": [60.0]},
    preview={"Docker": [2.0, 4.0], "cluster": [3.0, 6.0]},
    quant={"Docker": [10.0, 20.0], "cluster": [40.0, 20.0]},
    asked=[
        Asked(platform="Docker", place="here", texts=1, rounds=[[0.010, 0.010], [0.020, 0.030]]),
        Asked(platform="cluster", place="here", texts=1, rounds=[[0.011, 0.011], [0.040, 0.040]]),
    ],
    memory={
        "Docker": {STACK_OWN: {"java": 500.0, "init": 1.0}},
        "cluster": {STACK_OWN: {"java": 510.0}, ENGINE: {"kubelet": 80.0}, CONTROL: {"etcd": 50.0}},
    },
)


def test_the_figures_of_both_are_side_by_side_with_their_ratio() -> None:
    lines = lines_of(MACHINE, FOUND)

    assert "| 1 text, here: p50, p95, ms | 20.0, 30.0 | 40.0, 40.0 | 1.35 |" in lines
    assert "| first `pulumi up`, s | 40.0 | 60.0 | 1.50 |" in lines
    assert "| `pulumi up` of another `quant`, s | 15.0 | 30.0 | 2.50 |" in lines
    assert "2 cores of P, then, 2 rounds, load of the machine 1.5 before and 2.5 at the end." in lines


def test_a_program_that_only_one_runs_leaves_the_other_empty_and_small_ones_have_no_row() -> None:
    lines = lines_of(MACHINE, FOUND)

    assert f"| **{STACK_OWN}** | **501** | **510** |" in lines
    assert f"| **{ENGINE}** |  | **80** |" in lines
    assert "| `kubelet` |  | 80 |" in lines
    assert not any("`init`" in line for line in lines)


def test_a_ratio_is_taken_within_each_round() -> None:
    assert ratio([[1.0], [10.0], [1.0]], [[2.0], [20.0], [9.0]]) == 2.0


def test_the_figures_are_the_same_after_they_were_kept() -> None:
    assert found_of(json.loads(json.dumps(asdict(FOUND)))) == FOUND
