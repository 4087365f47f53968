"""How far a portion goes, found by counting."""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from components.elasticsearch.documents.sequence import ABOVE_ALL
from components.elasticsearch.migration.portions import find_upper
from tests.unit.elasticsearch.recording import RecordedCluster


@dataclass
class Numbers(RecordedCluster):
    """An index by the sequence numbers of its documents."""

    held: list[int] = field(default_factory=list)

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        super().request(method, path, body, **more)
        bounds = body["query"]["range"]["_seq_no"]
        found = sorted(one for one in self.held if bounds["gt"] < one <= bounds.get("lte", ABOVE_ALL))
        if path.endswith("_count"):
            return {"count": len(found)}
        assert body["size"] == 1
        assert "from" not in body
        ordered = found if body["sort"] == [{"_seq_no": "asc"}] else found[::-1]
        return {"hits": {"hits": [{"sort": [one]} for one in ordered[:1]]}}


DENSE = list(range(5000))
SPARSE = sorted(random.Random(1).sample(range(10**7), 5000))  # noqa: S311 (for a test)
GAP = [*range(100), *range(10**9, 10**9 + 5000)]


@pytest.mark.parametrize("held", [DENSE, SPARSE, GAP], ids=["dense", "sparse", "gap"])
@pytest.mark.parametrize("portion", [1, 2, 64, 2000])
@pytest.mark.parametrize("target", [ABOVE_ALL, 10**10])
def test_portions_cover_all_and_none_is_too_large(held: list[int], portion: int, target: int) -> None:
    index, above = Numbers(held=held), -1
    sizes: list[int] = []
    while above < target and len(sizes) < 10:
        upper = find_upper(index, "i", above, target, portion)
        assert upper > above
        sizes.append(sum(above < one <= upper for one in held))
        above = upper
    assert max(sizes) <= portion
    assert len(index.asked) / len(sizes) <= 40


def test_as_many_as_shards_may_have_one_number() -> None:
    index = Numbers(held=[*[3] * 5, 9])
    assert find_upper(index, "i", -1, 20, 2) == 3
    assert find_upper(index, "i", 3, 20, 2) == 20


def test_of_nothing_all_is_a_portion() -> None:
    assert find_upper(Numbers(), "i", -1, 20, 2) == 20
