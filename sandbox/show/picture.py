"""Saves what the demo showed as an SVG picture, for the README."""

import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI


def save_picture(console: Console, picture: Path, title: str) -> None:
    """Write everything that a recording console has printed to the file `picture`."""
    drawn = console.export_svg(title=title, theme=DIMMED_MONOKAI)
    # A picture in a repository loads nothing: the reader's own monospace font serves.
    picture.write_text(re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.DOTALL))
