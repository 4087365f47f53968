"""What the indices of a backup are called where they are restored."""

import pytest

from components.elasticsearch.backups.restoring import name_all
from components.elasticsearch.generations.generation import Generation, LiveIndex
from tests.unit.elasticsearch.backups.backups import backup

GENERATION = "jina-demo-768-f16-59cfacee-3"


@pytest.mark.parametrize(
    ("alias", "there", "names"),
    [
        ("jina-demo", (), {GENERATION: "jina-demo-768-f16-59cfacee-4"}),
        ("jina-demo", ("jina-demo-768-f16-59cfacee-9",), {GENERATION: "jina-demo-768-f16-59cfacee-10"}),
        ("other", ("other-64-f16-59cfacee-1",), {GENERATION: "other-768-f16-59cfacee-4"}),
    ],
)
def test_a_generation_gets_a_name_that_is_free_and_the_highest_number(
    alias: str, there: tuple[str, ...], names: dict[str, str]
) -> None:
    live = LiveIndex(behind=tuple(Generation(index=one) for one in there))
    found = name_all(alias, backup(), live)
    assert (found.generations, found.others) == (names, ("ledger",))


def test_generations_beside_it_come_below_it() -> None:
    beside = "jina-demo-64-q2k-59cfacee-7"
    found = name_all("jina-demo", backup(indices=[GENERATION, beside, "jina-demo-notes"]), LiveIndex())
    assert found.generations == {
        beside: "jina-demo-64-q2k-59cfacee-8",
        GENERATION: "jina-demo-768-f16-59cfacee-9",
    }
    assert found.restored == "jina-demo-768-f16-59cfacee-9"
    assert found.others == ("jina-demo-notes",)


def test_a_generation_that_was_named_by_hand_is_named_too() -> None:
    metadata = {**backup().metadata, "generation": "mine"}
    found = name_all("jina-demo", backup(indices=["mine"], metadata=metadata), LiveIndex())
    assert found.generations == {"mine": "jina-demo-restored-1"}
