"""The arguments of `python -m sandbox.demo`."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from components.settings.quantisations import QUANTS
from components.settings.schema import DIMS

STACK = "cpu"
"""The stack of the demo unless another one is named."""


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the parser of the demo's arguments."""
    made = argparse.ArgumentParser(prog="python -m sandbox.demo", description=description)
    commands = made.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="bring the stack up and ask it the five questions")
    add_knobs(up)
    up.add_argument("--picture", type=Path, help="write what is shown at the end to this SVG file")
    commands.add_parser("prepare", help="prepare everything that the stack and the tests run on")
    search = commands.add_parser("search", help="ask the stack a question")
    search.add_argument("query")
    environment = commands.add_parser(
        "environment", help="print what a shell needs to run pulumi on the stack"
    )
    down = commands.add_parser("down", help="remove the stack")
    down.add_argument(
        "--delete-data", default="", help="name of the index whose documents may be deleted, yours too"
    )
    for command in (up, search, environment, down):
        command.add_argument("--stack", default=STACK, help="another name: another stack beside the first")
    return made


def add_knobs(command: argparse.ArgumentParser) -> None:
    """Add the two settings that decide the rest, each empty where the stack keeps its own."""
    quants, dims = tuple(QUANTS), tuple(map(str, DIMS))
    command.add_argument(
        "--quant", type=_one_of("quant", quants), default="", help="empty keeps the stack's own"
    )
    command.add_argument("--dims", type=_one_of("dims", dims), default="", help="empty keeps the stack's own")


def _one_of(name: str, allowed: Sequence[str]) -> Callable[[str], str]:
    def checked(text: str) -> str:
        if text and text not in allowed:
            raise argparse.ArgumentTypeError(f'{name} is "{text}": it must be one of {", ".join(allowed)}')
        return text

    return checked
