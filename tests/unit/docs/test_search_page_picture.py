"""The picture of the search page is of the size that is drawn, and does not keep a reader waiting."""

import struct

from tools.search_page_picture import PICTURE, SIZE

LARGEST = 150_000
"""Bytes."""


def test_the_picture_is_of_the_size_that_is_drawn() -> None:
    drawn = PICTURE.read_bytes()
    width, height = struct.unpack(">II", drawn[16:24])  # in the header of every PNG
    assert (width, height) == (SIZE["width"], SIZE["height"]), "run `make pictures`"
    assert len(drawn) < LARGEST
