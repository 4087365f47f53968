"""The picture of the stack is the one that is drawn, and no text leaves its box in a wide font."""

import itertools

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from tools.stack_picture import FONT_SIZES, PADDING, PICTURE, Box, Text, boxes, draw, labels


def width(text: Text) -> float:
    """Return how many pixels a text takes in DejaVu Sans, one of the widest fonts that systems choose."""
    weight = "bold" if text.style in ("strong", "knob") else "normal"
    font = FontProperties(family="DejaVu Sans", weight=weight)
    return float(TextPath((0, 0), text.text, size=FONT_SIZES[text.style], prop=font).get_extents().x1)


def test_the_picture_is_the_one_that_is_drawn_now() -> None:
    assert PICTURE.read_text() == draw(), "run `make pictures`"


@pytest.mark.parametrize("box", [box for box in boxes() if box.title], ids=lambda box: box.title)
def test_what_is_written_in_a_box_stays_in_it(box: Box) -> None:
    for text in box.texts():
        assert width(text) <= box.width - 2 * PADDING, text.text
        assert text.y <= box.y + box.height - PADDING / 2, text.text


def test_no_label_runs_into_the_next() -> None:
    for row in {label.y for label in labels()}:
        beside = sorted((label for label in labels() if label.y == row), key=lambda label: label.x)
        for one, other in itertools.pairwise(beside):
            assert one.x + width(one) < other.x, one.text
