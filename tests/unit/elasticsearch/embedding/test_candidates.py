"""How much of an index a search looks at."""

import pytest

from components.elasticsearch.embedding.candidates import CAREFUL, EFFORTS, MOST_CANDIDATES, Effort, effort_of
from components.settings.elasticsearch import INDEX_OPTIONS

GRAPH = Effort(candidates=200)
QUANTISED = Effort(candidates=200, rescored=100, factor=4)


@pytest.mark.parametrize(
    ("effort", "size", "fields"),
    [
        (GRAPH, 3, {"k": 3, "num_candidates": 200}),
        (GRAPH, 500, {"k": 500, "num_candidates": 500}),
        (QUANTISED, 1, {"k": 1, "num_candidates": 200, "rescore_vector": {"oversample": 100.0}}),
        (QUANTISED, 10, {"k": 10, "num_candidates": 200, "rescore_vector": {"oversample": 10.0}}),
        (QUANTISED, 100, {"k": 100, "num_candidates": 400, "rescore_vector": {"oversample": 4.0}}),
        (
            QUANTISED,
            MOST_CANDIDATES,
            {"k": 10_000, "num_candidates": 10_000, "rescore_vector": {"oversample": 1.0}},
        ),
    ],
)
def test_a_search_asks_for_as_many_as_its_size_needs(
    effort: Effort, size: int, fields: dict[str, object]
) -> None:
    assert effort.knn(size) == fields


@pytest.mark.parametrize("options", INDEX_OPTIONS)
def test_each_index_option_of_the_settings_has_its_effort(options: str) -> None:
    assert effort_of(options) is EFFORTS[options]


def test_options_that_are_not_offered_get_the_most_careful_search() -> None:
    assert effort_of("bbq_disk") == CAREFUL
    assert all(CAREFUL.candidates >= one.candidates for one in EFFORTS.values())
    assert all(CAREFUL.rescored >= one.rescored for one in EFFORTS.values())
