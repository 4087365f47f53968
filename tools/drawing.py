"""What the drawn pictures of the pages are made of: boxes, texts and arrows, as SVG."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import yaml

PROJECT_DIRECTORY = Path(__file__).resolve().parent.parent
PADDING, FIRST_LINE, LINE_HEIGHT = 12, 24, 19
FONT_SIZES = {"plain": 14, "strong": 14, "knob": 14, "small": 12}
"""In pixels, by the style of a text."""

STYLES = """\
.box { fill: #ffffff; stroke: #64748b; stroke-width: 1.5; } .bar { fill: #f5f3ff; stroke: #7c3aed; stroke-width: 1.5; }
.area { fill: #f1f5f9; stroke: #cbd5e1; }
.flow { stroke: #475569; stroke-width: 1.5; fill: none; marker-end: url(#arrow); }
.declares { stroke: #7c3aed; stroke-width: 1.5; stroke-dasharray: 5 4; fill: none; marker-end: url(#arrow); }
text { fill: #0f172a; } .strong { font-weight: 600; } .knob { fill: #7c3aed; font-weight: 600; }
.small { font-size: 12px; fill: #475569; }"""


@dataclass(frozen=True)
class Box:
    """A rectangle with a title and small lines below it; all lengths are in pixels."""

    x: int
    y: int
    width: int
    height: int
    title: str
    lines: tuple[str, ...] = ()
    title_style: str = "plain"
    style: str = "box"

    def texts(self) -> Iterator["Text"]:
        """Return what is written in it."""
        x, y = self.x + PADDING, self.y + FIRST_LINE
        yield Text(x, y, self.title, self.title_style)
        for number, line in enumerate(self.lines, 1):
            yield Text(x, y + number * LINE_HEIGHT, line, "small")


@dataclass(frozen=True)
class Text:
    """A line of text that begins at `x` and stands on `y`."""

    x: int
    y: int
    text: str
    style: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture and the file that it is in; `description` is for people who can't see it.

    `flows` and `declarations` are paths of SVG: the flow of data, and what Pulumi declares.
    """

    file: str
    title: str
    description: str
    width: int
    height: int
    boxes: tuple[Box, ...]
    labels: tuple[Text, ...]
    flows: tuple[str, ...]
    declarations: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where it is."""
        return PROJECT_DIRECTORY / "docs" / self.file

    def draw(self) -> str:
        """Return it as SVG."""
        texts = [text for box in self.boxes for text in box.texts() if text.text] + [*self.labels]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                'font-family="system-ui, -apple-system, \'Segoe UI\', sans-serif" font-size="14" role="img" '
                'aria-labelledby="title desc">',
                f'<title id="title">{escape(self.title)}</title>',
                f'<desc id="desc">{escape(self.description)}</desc>',
                '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
                'orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="#475569"/></marker>',
                f"<style>\n{STYLES}\n</style></defs>",
                f'<rect width="{self.width}" height="{self.height}" rx="10" fill="#ffffff"/>',
                *(
                    f'<rect class="{box.style}" x="{box.x}" y="{box.y}" width="{box.width}" '
                    f'height="{box.height}" rx="8"/>'
                    for box in self.boxes
                ),
                *(f'<path class="flow" d="{path}"/>' for path in self.flows),
                *(f'<path class="declares" d="{path}"/>' for path in self.declarations),
                *(
                    f'<text class="{text.style}" x="{text.x}" y="{text.y}">{escape(text.text)}</text>'
                    for text in texts
                ),
                "</svg>\n",
            ]
        )

    def write(self) -> None:
        """Write its file."""
        self.path.write_text(self.draw())


def defaults() -> dict[str, Any]:
    """Return the defaults of the settings, by their names."""
    schema = yaml.safe_load((PROJECT_DIRECTORY / "Pulumi.yaml").read_text())["config"]
    return {key: declared["default"] for key, declared in schema.items()}
