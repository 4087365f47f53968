"""Draws docs/stack.svg, the parts of the stack and the flow of data: `make pictures`."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import get_args

import yaml

from components.settings.quantisations import QUANTS
from components.settings.schema import DIMS, Device

PROJECT_DIRECTORY = Path(__file__).resolve().parent.parent
PICTURE = PROJECT_DIRECTORY / "docs" / "stack.svg"
WIDTH, HEIGHT = 1048, 452
PADDING, FIRST_LINE, LINE_HEIGHT = 12, 24, 19
FONT_SIZES = {"plain": 14, "strong": 14, "knob": 14, "small": 12}
"""In pixels, by the style of a text."""

DESCRIPTION = (
    "Pulumi downloads the model from the Hugging Face Hub and builds llama.cpp into an image. Two containers of "
    "llama-server load the model, one for queries and one for documents, behind a gateway that adds the prefix of the "
    "role and cuts embeddings to the chosen dims. Documents written to Elasticsearch pass the ingest pipeline, whose "
    "inference endpoint asks the gateway for an embedding, which is stored in the index. A search embeds its query the "
    "same way and asks the index for the nearest documents."
)
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


def boxes() -> list[Box]:
    """Return the boxes, with the numbers and names that are the defaults of the settings."""
    default = {
        key: declared["default"]
        for key, declared in yaml.safe_load((PROJECT_DIRECTORY / "Pulumi.yaml").read_text())["config"].items()
    }
    gateway = (
        f"{default['serverAddress']}:{default['serverPort']}",
        "/v1/embeddings",
        "adds the prefix",
        "cuts to dims",
    )
    return [
        Box(24, 20, 1000, 54, "pulumi up", ("one program, one command",), "strong", "bar"),
        Box(24, 124, 190, 58, "Hugging Face Hub", ("model file (GGUF)",)),
        Box(24, 204, 190, 58, "llama.cpp (git)", ("branch, tag or commit",)),
        Box(250, 96, 774, 246, "", style="area"),
        Box(
            266,
            134,
            150,
            78,
            "llama-server",
            ("for queries", f"CPU shares {default['serverQueryShares']}"),
            "strong",
        ),
        Box(
            266,
            232,
            150,
            78,
            "llama-server",
            ("for documents", f"CPU shares {default['serverDocumentShares']}"),
            "strong",
        ),
        Box(440, 134, 140, 176, "gateway", gateway, "strong"),
        Box(600, 134, 400, 190, f"Elasticsearch, 127.0.0.1:{default['elasticsearchPort']}", (), "strong"),
        Box(616, 172, 180, 40, "inference endpoints"),
        Box(616, 228, 180, 80, "ingest pipeline", ("embeds content,", "notes its digest")),
        Box(828, 228, 156, 80, "index (alias)", ("content", "content_embedding")),
        Box(616, 368, 180, 54, "your documents", (f"_bulk to {default['elasticsearchIndex']}",)),
        Box(828, 368, 172, 54, "your search", ("knn, at every dims",)),
    ]


def labels() -> list[Text]:
    """Return the texts that stand outside of boxes, or beside the title of one."""
    quants, dims = [*QUANTS], sorted(DIMS, reverse=True)
    return [
        Text(300, 52, f"quant = {quants[0]} … {quants[-1]}", "knob"),
        Text(540, 52, f"dims = {dims[0]} … {dims[-1]}", "knob"),
        Text(780, 52, f"device = {' | '.join(get_args(Device))}", "knob"),
        Text(24, 112, "from outside", "strong"),
        Text(530, 118, "the stack's Docker network", "strong"),
        Text(216, 226, "built", "small"),
        Text(526, 434, "embed the query", "small"),
    ]


FLOWS = (
    "M214 153H260",
    "M214 248H260",
    "M440 173H422",
    "M440 271H422",
    "M616 192H586",
    "M706 228V218",
    "M796 268H822",
    "M706 368V314",
    "M906 368V314",
    "M914 422V442H510V316",
)
DECLARATIONS = ("M340 74V128", "M510 74V128", "M800 74V128")


def draw() -> str:
    """Return the picture as SVG."""
    drawn = boxes()
    texts = [text for box in drawn for text in box.texts() if text.text] + labels()
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="system-ui, -apple-system, \'Segoe UI\', sans-serif" font-size="14" role="img" '
            'aria-labelledby="title desc">',
            '<title id="title">The parts of the stack and the flow of data</title>',
            f'<desc id="desc">{DESCRIPTION}</desc>',
            '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
            'orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="#475569"/></marker>',
            f"<style>\n{STYLES}\n</style></defs>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="#ffffff"/>',
            *(
                f'<rect class="{box.style}" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="8"/>'
                for box in drawn
            ),
            *(f'<path class="flow" d="{path}"/>' for path in FLOWS),
            *(f'<path class="declares" d="{path}"/>' for path in DECLARATIONS),
            *(
                f'<text class="{text.style}" x="{text.x}" y="{text.y}">{escape(text.text)}</text>'
                for text in texts
            ),
            "</svg>\n",
        ]
    )


def main() -> int:
    """Write the picture."""
    PICTURE.write_text(draw())
    return 0


if __name__ == "__main__":
    sys.exit(main())
