"""The loop: it reads again after each step, and never carries out the same one twice."""

from collections.abc import Sequence

import pytest

from components.elasticsearch.errors import ConflictError
from components.elasticsearch.reconcile import NOTHING, Step, reconcile


def count_up(live: int, _taken: Sequence[str]) -> Step:
    """Want three, by one at a time."""
    return Step(action=NOTHING) if live == 3 else Step(action="add", targets=(str(live),), why="too few")


def test_steps_are_carried_out_until_nothing_is_left_to_do() -> None:
    there = [0]
    found = reconcile("It", lambda: there[-1], count_up, lambda live, _: there.append(live + 1))
    assert (found, there) == (3, [0, 1, 2, 3])


def test_nothing_is_carried_out_where_all_is_as_wanted() -> None:
    reconcile("It", lambda: 3, count_up, lambda _, step: pytest.fail(step.action))


def test_a_step_that_changes_nothing_ends_in_an_error_that_names_it() -> None:
    done: list[Step] = []
    with pytest.raises(ConflictError, match=r"It is still not as wanted .*add 0 would.*too few"):
        reconcile("It", lambda: 0, count_up, lambda _, step: done.append(step))
    assert len(done) == 1
