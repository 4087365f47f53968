"""The drawn pictures are the ones that are drawn now, and no text leaves its box in a wide font."""

import itertools

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from tools import kubernetes_picture, stack_picture
from tools.drawing import FONT_SIZES, PADDING, Box, Picture, Text

PICTURES = [stack_picture.picture(), kubernetes_picture.picture()]
BOXES = [(picture.file, box) for picture in PICTURES for box in picture.boxes if box.title]


def width(text: Text) -> float:
    """Return how many pixels a text takes in DejaVu Sans, one of the widest fonts that systems choose."""
    weight = "bold" if text.style in ("strong", "knob") else "normal"
    font = FontProperties(family="DejaVu Sans", weight=weight)
    return float(TextPath((0, 0), text.text, size=FONT_SIZES[text.style], prop=font).get_extents().x1)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.file)
def test_the_picture_is_the_one_that_is_drawn_now(picture: Picture) -> None:
    assert picture.path.read_text() == picture.draw(), "run `make pictures`"


@pytest.mark.parametrize("box", [box for _, box in BOXES], ids=[f"{file} {box.title}" for file, box in BOXES])
def test_what_is_written_in_a_box_stays_in_it(box: Box) -> None:
    for text in box.texts():
        assert width(text) <= box.width - 2 * PADDING, text.text
        assert text.y <= box.y + box.height - PADDING / 2, text.text


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.file)
def test_no_label_runs_into_the_next_or_over_the_edge(picture: Picture) -> None:
    for row in {label.y for label in picture.labels}:
        beside = sorted((label for label in picture.labels if label.y == row), key=lambda label: label.x)
        assert beside[-1].x + width(beside[-1]) < picture.width, beside[-1].text
        for one, other in itertools.pairwise(beside):
            assert one.x + width(one) < other.x, one.text
