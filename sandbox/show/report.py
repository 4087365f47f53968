"""What the demo shows at its end: the parts that it ran on, the answers, and how long it all took."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from components.elasticsearch.embedding.hits import Hit
from sandbox.part import Part
from sandbox.show.answers import Answer
from sandbox.show.steps import duration

SHORT = 60
"""Characters of a document that are shown."""


def show_parts(console: Console, parts: Sequence[Part]) -> None:
    """Show which parts are real and which are stand-ins."""
    table = Table(title="What this ran on", title_justify="left", show_edge=False)
    table.add_column("part")
    table.add_column("real or stand-in")
    table.add_column("what")
    for part in parts:
        table.add_row(part.name, "[green]real[/]" if part.real else "[yellow]stand-in[/]", part.what)
    console.print()
    console.print(table)


def show_answers(console: Console, answers: Sequence[Answer], quant: str, dims: int) -> None:
    """Show each query with the document that was found first, and the one that was expected."""
    table = Table(
        title=f"Search at quant {quant}, dims {dims}", title_justify="left", show_edge=False, show_lines=False
    )
    table.add_column("query")
    table.add_column("best document")
    table.add_column("score", justify="right")
    table.add_column("expected")
    table.add_column("ok")
    for answer in answers:
        table.add_row(
            answer.query.text,
            f"{answer.best.id}: {shortened(answer.best.content)}",
            f"{answer.best.score:.4f}",
            answer.query.expected,
            _judged(answer),
        )
    console.print()
    console.print(table)


def _judged(answer: Answer) -> str:
    if answer.ok:
        return "[green]yes[/]"
    return "[yellow]yours[/]" if answer.of_people else "[red]no[/]"


def of_people_line(answers: Sequence[Answer]) -> str:
    """Say which questions found a document of people's before the expected one; empty where none did."""
    found = [answer for answer in answers if answer.of_people]
    told = ", ".join(f'{answer.best.id} for "{answer.query.text}"' for answer in found)
    return f"Documents of yours come before the expected ones, which is no failure: {told}." if found else ""


def show_hits(console: Console, hits: Sequence[Hit]) -> None:
    """Show documents that were found, best first."""
    table = Table(show_edge=False)
    table.add_column("score", justify="right")
    table.add_column("document")
    table.add_column("content")
    for hit in hits:
        table.add_row(f"{hit.score:.4f}", hit.id, hit.content)
    console.print()
    console.print(table)


def show_times(console: Console, took: Mapping[str, float], total: float) -> None:
    """Show how long each step took; steps side by side add up to more than the total."""
    table = Table(title="How long it took", title_justify="left", show_edge=False)
    table.add_column("step")
    table.add_column("time", justify="right")
    for name, seconds in took.items():
        table.add_row(name, duration(seconds))
    table.add_section()
    table.add_row("in all", duration(total))
    console.print()
    console.print(table)


DONE = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}
"""What the history of a stack counts, as something that has happened."""


def changes_line(changes: Mapping[str, int]) -> str:
    """Say in one line what the update did to how many resources."""
    done = {kind: count for kind, count in changes.items() if kind != "same" and count}
    same = changes.get("same", 0)
    if not done:
        return f"Nothing changed: all {same} resources were as wanted."
    return (
        ", ".join(f"{count} {DONE.get(kind, kind)}" for kind, count in done.items()) + f", {same} unchanged."
    )


def shortened(text: str) -> str:
    """Return the beginning of a document on one line."""
    return text if len(text) <= SHORT else text[: SHORT - 1].rstrip() + "…"
