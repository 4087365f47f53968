"""Batches of what comes one by one."""

import pytest

from components.batched import batched


@pytest.mark.parametrize(
    ("items", "batches"), [("", []), ("ab", [["a", "b"]]), ("abcde", [["a", "b"], ["c", "d"], ["e"]])]
)
def test_every_item_is_in_one_batch_in_its_order(items: str, batches: list[list[str]]) -> None:
    assert list(batched(iter(items), 2)) == batches
