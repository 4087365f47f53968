"""What a new generation is called."""

from dataclasses import replace

import pytest

from components.elasticsearch.generations.generation import LiveIndex, new_name
from tests.unit.elasticsearch.generations.made import WANTED, made


@pytest.mark.parametrize(
    ("revision", "name"),
    [
        ("59cfaceeeb7d738c", "jina-demo-768-f16-59cfacee-3"),
        ("main", "jina-demo-768-f16-main-3"),
        ("v1.0/RC", "jina-demo-768-f16-v10rc-3"),
        ("--", "jina-demo-768-f16-unknown-3"),
    ],
)
def test_names_say_what_made_the_generation(revision: str, name: str) -> None:
    live = LiveIndex(behind=(made(counter=1),), beside=(made(counter=2),))
    assert new_name(replace(WANTED, revision=revision), live) == name


def test_a_name_that_people_gave_an_index_of_theirs_is_not_taken() -> None:
    live = LiveIndex(behind=(made(counter=1),), taken=frozenset({"jina-demo-768-f16-59cfacee-2"}))

    assert new_name(WANTED, live) == "jina-demo-768-f16-59cfacee-3"
