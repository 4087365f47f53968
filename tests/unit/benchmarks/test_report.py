"""The tables: what they show of figures, and what they say of a server that refuses."""

from dataclasses import asdict
from typing import Any

import pytest

from benchmarks.server.comparison import Measured
from benchmarks.server.load import Speed
from benchmarks.server.report import BARE, BEGIN, COMPOSE, CONTAINER, END, NATIVE, table, tables, with_tables


def rows() -> list[dict[str, Any]]:
    figures = {
        (CONTAINER, 16): 100.0,
        (BARE, 16): 100.0,
        (NATIVE, 16): 125.0,
        (COMPOSE, 16): 50.0,
        (CONTAINER, 2048): 80.0,
        (BARE, 2048): 80.0,
        (NATIVE, 2048): 80.0,
    }
    found = [
        Measured(server, tokens, 1, (Speed(tokens_per_second=speed, median_seconds=0.5),) * 3)
        for (server, tokens), speed in figures.items()
    ]
    refused = Speed(tokens_per_second=0, median_seconds=0, refused="HTTP 500: increase the batch size")
    return [asdict(one) for one in [*found, Measured(COMPOSE, 2048, 1, (refused,) * 3)]]


def test_each_cell_has_the_containers_figure_and_its_ratio_to_every_other_server() -> None:
    lines = tables({"servers": rows()})

    assert "| 16 | 1 | 100 | 500 | 1.00 | 0.80 | 2.00 |" in lines
    assert "| 2048 | 1 | 80 | 500 | 1.00 | 1.00 | it refuses (HTTP 500) |" in lines
    native = f"- against {NATIVE}: 0.90 in the median of the cells that both embed (bar: 0.97)"
    assert f"{native}; below it in 1: 0.80 at 16 tokens and 1 at a time" in lines


@pytest.mark.parametrize(
    ("other", "its_speed", "expected"),
    [
        pytest.param(BARE, 100, "below it in none", id="as fast"),
        pytest.param(BARE, 103, "below it in none", id="within what counts as equal"),
        pytest.param(BARE, 104, "below it in 1: 0.96 at 16 tokens and 1 at a time", id="slower"),
        pytest.param(COMPOSE, 102, "below it in 1: 0.98 at 16 tokens and 1 at a time", id="here none counts"),
        pytest.param(COMPOSE, 50, "below it in none", id="a refusal is not below"),
    ],
)
def test_every_cell_below_the_bar_is_named(other: str, its_speed: float, expected: str) -> None:
    changed = [
        row | {"rounds": [one | {"tokens_per_second": its_speed} for one in row["rounds"]]}
        if (row["server"], row["tokens"]) == (other, 16)
        else row
        for row in rows()
    ]
    line = next(line for line in tables({"servers": changed}) if line.startswith(f"- against {other}"))

    assert line.endswith(expected)


def test_parts_that_were_not_measured_are_left_out() -> None:
    assert tables({}) == []
    assert not any("Cold start" in line for line in tables({"servers": rows()}))


def test_the_share_of_the_limit_needs_both_its_parts() -> None:
    lines = tables({"servers": rows(), "hardware": {"flops": 2e11}})

    assert any(line.startswith("| 16 | 227 M | 881 | 100 | 11% |") for line in lines), lines


def test_a_table_has_a_line_below_its_head() -> None:
    assert table(["a", "b"], [[1, "x"]]) == ["| a | b |", "| --- | --- |", "| 1 | x |"]


def test_only_what_is_between_the_marks_of_the_page_is_written_anew() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"

    assert with_tables(page, ["new"]) == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
