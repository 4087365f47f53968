"""Shows what was measured where it is wanted: on screen or as JSON, in a page, as a plot."""

from pathlib import Path

from jinactl.console import Console
from jinactl.errors import CommandError
from jinactl.evaluate import report
from jinactl.evaluate.evaluation import Evaluation
from jinactl.evaluate.plot import draw


def show(found: Evaluation, console: Console, markdown: Path | None, plot: Path | None) -> None:
    """Show the table and the recommended line, and write the files that are wanted; raises CommandError."""
    if console.as_json:
        console.json(report.as_values(found))
    else:
        width = None if console.results.is_terminal else report.WIDTH
        console.results.print(report.screen_table(found), width=width)
        for note in found.notes:
            console.say(f"note: {note}")
        console.print(f"recommended: {found.recommendation.line}")
    if markdown:
        try:
            markdown.write_text(report.markdown(found), encoding="utf-8")
        except OSError as error:
            raise CommandError(f"The table cannot be written to {markdown}: {error.strerror}.") from error
    if plot:
        draw(found, plot)
