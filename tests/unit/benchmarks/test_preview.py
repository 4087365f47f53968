"""What a preview is held against: programs of a known size, and ratios within one round."""

from collections.abc import Callable

import pytest

from benchmarks.preview import programs
from benchmarks.preview.__main__ import COMPARED, OURS, Preview, table
from tests.unit.declared import declare


@pytest.mark.parametrize(
    ("program", "type_"),
    [
        (programs.components, "benchmark:index:Empty"),
        (programs.dynamic_resources, "pulumi-python:dynamic/benchmark:Kept"),
    ],
    ids=["components", "dynamic resources"],
)
def test_a_program_declares_as_many_as_it_is_told(program: Callable[[int], None], type_: str) -> None:
    assert [one.type for one in declare(lambda: program(3), "cpu")] == [type_] * 3


def test_a_ratio_is_of_two_previews_of_one_round_and_not_of_a_slow_and_a_fast_one() -> None:
    empty = next(iter(COMPARED))
    rounds = [{empty: Preview(seconds, 1.0), OURS: Preview(2 * seconds, 3.0)} for seconds in (1.0, 8.0, 2.0)]
    assert table(rounds)[2:] == [f"| {empty} | 2.00 | 1.00 | 1.00 |", f"| {OURS} | 4.00 | 2.00 | 3.00 |"]
