"""One evaluation is a table on screen, a page, JSON, and a plot, with the same numbers in each."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from jinactl.console import Console
from jinactl.errors import CommandError
from jinactl.evaluate.evaluation import Evaluation
from jinactl.evaluate.output import show
from jinactl.evaluate.report import as_values, markdown, screen_table
from jinactl.evaluate.rows import recommend
from tests.unit.jinactl.evaluate.test_rows import row

ROWS = [row(768), row(256, below=0.005), row(32, "exact", below=0.3)]
FOUND = Evaluation(
    rows=ROWS,
    recommendation=recommend(ROWS, 300),
    documents=5000,
    of=70_000,
    queries=300,
    model="m",
    notes=["a note"],
)


def test_the_page_has_every_row_the_recommendation_and_the_notes() -> None:
    page = markdown(FOUND)

    assert page.startswith("m: 300 queries in 5,000 of 70,000 documents.")
    assert (
        "| F16 | 256 | int8_hnsw | 0.795 | 0.785 to 0.805 | 0.900 | 0.890 to 0.910 | yes | 324 | 5.0 | 10.0 |"
        in page
    )
    assert "| F16 | 32 | exact | 0.500 |" in page
    assert "Recommended: F16, 256 dims, int8_hnsw: within the interval of the best" in page
    assert "- a note" in page


def test_the_screen_has_the_same_cells() -> None:
    written = io.StringIO()
    RichConsole(file=written, width=200).print(screen_table(FOUND))

    assert "0.785 to 0.805" in written.getvalue()
    assert "300 queries in 5,000 of 70,000 documents" in written.getvalue()


def test_nothing_is_cut_off_on_a_terminal_of_80_columns() -> None:
    written = io.StringIO()
    RichConsole(file=written, width=80).print(screen_table(FOUND))

    assert "…" not in written.getvalue()
    for cell in ("int8_hnsw", "0.795", "0.785", "0.805", "0.900", "324"):
        assert cell in written.getvalue(), cell


def test_json_has_the_same_numbers() -> None:
    values = json.loads(json.dumps(as_values(FOUND)))

    assert [(one["dims"], one["as_good"]) for one in values["rows"]] == [
        (768, True),
        (256, True),
        (32, False),
    ]
    assert values["rows"][1]["ndcg"]["interval"] == [0.785, 0.805]
    assert values["recommended"]["dims"] == 256
    assert (values["documents"], values["documents_of"], values["notes"]) == (5000, 70_000, ["a note"])


@pytest.mark.parametrize("name", ["table.svg", "table.png"])
def test_files_are_written_beside_what_is_shown(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, plot = tmp_path / "table.md", tmp_path / name

    show(FOUND, Console(as_json=True), page, plot)

    assert json.loads(capsys.readouterr().out)["recommended"]["dims"] == 256
    assert page.read_text() == markdown(FOUND)
    assert plot.stat().st_size > 1000


@pytest.mark.parametrize("plot", ["table.doc", "gone/table.svg"])
def test_a_plot_that_cannot_be_written_is_said(plot: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="The plot cannot be written"):
        show(FOUND, Console(as_json=True), None, tmp_path / plot)
