"""An update whose process is killed after any of its writes: the next update ends as wanted and loses nothing."""

import threading
from collections.abc import Sequence

import pytest

from tests.contract.elasticsearch.stack_resources import StackResources
from tests.contract.migration.conftest import Prepare
from tests.contract.migration.outcomes import Outcome, added
from tests.contract.migration.proxy import WatchedNode
from tests.contract.migration.scenario import MATRIX, Case, settle
from tests.contract.migration.upgrade import start_upgrade

pytestmark = pytest.mark.sandbox

FEWEST_STEPS = 15
"""Of a migration in several portions: fewer would mean that the proxy misses some."""


@pytest.mark.parametrize("change", ["dims down"])
def test_killed_after_every_write(
    change: str, prepared: Prepare, watched: WatchedNode, outcomes: list[Outcome]
) -> None:
    steps = record(change, prepared, watched)
    kill_after_each(range(len(steps) + 1), change, steps, prepared, watched, outcomes)


@pytest.mark.parametrize("change", MATRIX[1:])
def test_killed_after_some_of_the_writes(
    change: str, prepared: Prepare, watched: WatchedNode, outcomes: list[Outcome]
) -> None:
    steps = record(change, prepared, watched)
    start = MATRIX.index(change)
    kill_after_each(range(start + 2, len(steps) + 1, 6), change, steps, prepared, watched, outcomes)


@pytest.mark.exhaustive
@pytest.mark.parametrize("change", MATRIX[1:])
def test_killed_after_every_write_of_the_other_changes(
    change: str, prepared: Prepare, watched: WatchedNode, outcomes: list[Outcome]
) -> None:
    steps = record(change, prepared, watched)
    kill_after_each(range(len(steps) + 1), change, steps, prepared, watched, outcomes)


def record(change: str, prepared: Prepare, watched: WatchedNode) -> list[str]:
    """Return the writing requests of an undisturbed change."""
    case = prepared(change)
    upgrade = start_upgrade(case.stack, case.changed())
    stack = upgrade.wait()
    assert upgrade.error == ""
    steps = list(watched.writes)
    settle(case, stack, "no fault")
    assert len(steps) >= FEWEST_STEPS, steps
    return steps


def kill_after_each(
    numbers: Sequence[int],
    change: str,
    steps: list[str],
    prepared: Prepare,
    watched: WatchedNode,
    outcomes: list[Outcome],
) -> None:
    """For each number, kill an update after that many writes, run it again, and record the outcome."""
    done = []
    for number in numbers:
        where = f"kill after {number} of {len(steps)} writes ({steps[number - 1] if number else 'none'})"
        case = prepared(change)
        known = killed_after(number, case, watched)
        # Every other case refreshes before its second update.
        if number % 2:
            known.refresh()
        known.up(case.wanted)
        try:
            done.append(settle(case, known, where))
        except AssertionError as error:
            raise AssertionError(f"{where}: {error}") from error
    outcomes.append(added(done, "process killed after a write"))


def killed_after(number: int, case: Case, watched: WatchedNode) -> StackResources:
    """Kill an update after its n-th write, or before its first one; return the stack with the state of that moment."""
    reached, dead = threading.Event(), threading.Event()

    def applied(count: int) -> bool:
        if count < number:
            return False
        reached.set()
        dead.wait(30)
        return True

    def busy(count: int) -> bool:
        return number == 0 and applied(count)

    watched.applied, watched.busy = applied, busy
    upgrade = start_upgrade(case.stack, case.changed())
    assert reached.wait(60), f"there were only {len(watched.writes)} writes"
    upgrade.kill()
    dead.set()
    known = upgrade.wait()
    assert upgrade.error == ""
    watched.reset()
    return known
