"""Lost responses, a busy node, a full disk: a migration waits, or fails and is continued, and loses nothing."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from components.backoff import Patience
from components.elasticsearch.client.client import Client
from components.elasticsearch.dynamic.index import IndexProvider
from components.elasticsearch.errors import ElasticsearchError
from components.elasticsearch.migration.carrier import Pace
from tests.contract.elasticsearch.stack_resources import ALIAS
from tests.contract.migration.conftest import Prepare
from tests.contract.migration.outcomes import Outcome, added
from tests.contract.migration.proxy import WatchedNode
from tests.contract.migration.scenario import MATRIX, chosen, settle
from tests.contract.migration.upgrade import PACE

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("brief_pauses")]

IMPATIENT = Pace(patience=Patience(limit=0.5, first_pause=0.1, longest_pause=0.2), portion=0.0)


@pytest.mark.parametrize("change", MATRIX)
def test_the_answer_to_every_write_is_lost_once(
    change: str, prepared: Prepare, watched: WatchedNode, outcomes: list[Outcome]
) -> None:
    case = prepared(change)
    lost: list[str] = []
    unanswered: set[str] = set()

    def applied(number: int) -> bool:
        line = watched.writes[number - 1]
        # The same request is sent again and then answered; those of other threads may come in between.
        if line in unanswered:
            unanswered.remove(line)
            return False
        unanswered.add(line)
        lost.append(line)
        return True

    watched.applied = applied
    case.stack.up(case.changed())
    watched.reset()
    assert len(lost) >= 10
    outcomes.append(settle(case, case.stack, "answer to every write lost once"))


@pytest.mark.exhaustive
@pytest.mark.parametrize("change", MATRIX)
def test_the_answer_to_a_single_write_is_lost(
    change: str, prepared: Prepare, watched: WatchedNode, outcomes: list[Outcome]
) -> None:
    done: list[Outcome] = []
    writes = 1
    while len(done) < writes:
        case = prepared(change)
        number = len(done) + 1
        watched.applied = lambda count, number=number: count == number  # type: ignore[misc] # bound now
        case.stack.up(case.changed())
        writes = len(watched.writes) - 1
        watched.reset()
        done.append(settle(case, case.stack, f"answer to write {number} lost"))
    outcomes.append(added(done, "answer to one write lost"))


@pytest.mark.parametrize("change", chosen("dims up"))
def test_every_write_is_refused_once_by_a_busy_node(
    change: str, prepared: Prepare, watched: WatchedNode, outcomes: list[Outcome]
) -> None:
    case = prepared(change)
    watched.busy = lambda _: True
    case.stack.up(case.changed())
    assert len(watched.refused) == len(watched.writes) >= 15
    watched.reset()
    outcomes.append(settle(case, case.stack, "429 to every write once"))


@pytest.mark.parametrize("change", chosen("dims up"))
def test_a_disk_that_is_full_for_a_while_is_waited_for(
    change: str, prepared: Prepare, watched: WatchedNode, outcomes: list[Outcome]
) -> None:
    case = prepared(change)
    with full_disk_after("/_reindex", watched, case.client, seconds=1.0):
        case.stack.up(case.changed())
    watched.reset()
    outcomes.append(settle(case, case.stack, "disk full for 1 s"))


@pytest.mark.parametrize("change", chosen("dims down"))
def test_a_disk_that_stays_full_ends_it_and_the_next_run_goes_on(
    change: str,
    prepared: Prepare,
    watched: WatchedNode,
    outcomes: list[Outcome],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = prepared(change)
    wanted = case.changed()
    monkeypatch.setattr(IndexProvider, "pace", IMPATIENT)
    with full_disk_after("/_reindex", watched, case.client), pytest.raises(ElasticsearchError):
        case.stack.up(wanted)
    watched.reset()
    monkeypatch.setattr(IndexProvider, "pace", PACE)
    # Writers continue to write, in the old generation.
    case.write("doc-20", "written between the two runs")
    case.stack.up(wanted)
    outcomes.append(settle(case, case.stack, "disk full until the next run"))


@contextmanager
def full_disk_after(path: str, watched: WatchedNode, client: Client, seconds: float = 0.0) -> Iterator[None]:
    """Block the indices as a full disk does, beginning with the second request to `path`.

    Elasticsearch itself removes the block when there is room again: after `seconds`, or when the context ends.
    """
    threads: list[threading.Thread] = []

    def there_is_room() -> None:
        time.sleep(seconds)
        block(client, None)

    def applied(number: int) -> bool:
        if sum(path in line for line in watched.writes) == 2 and path in watched.writes[number - 1]:
            block(client, True)
            if seconds:
                threads.append(threading.Thread(target=there_is_room))
                threads[0].start()
        return False

    watched.applied = applied
    yield
    if seconds:
        assert threads, "there was no second portion"
        threads[0].join()
    block(client, None)


def block(client: Client, blocked: bool | None) -> None:
    """Set or remove the block of the flood-stage watermark."""
    client.request("PUT", f"/{ALIAS}-*/_settings", {"index.blocks.read_only_allow_delete": blocked})
