"""Elasticsearch or the embedding server is gone during a migration: it waits, or the next update continues it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.contract.migration.conftest import Prepare
from tests.contract.migration.outcomes import Outcome
from tests.contract.migration.proxy import WatchedNode
from tests.contract.migration.scenario import Case, chosen, settle
from tests.contract.migration.upgrade import start_upgrade
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import Request

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize("change", chosen("dims up"))
def test_elasticsearch_is_killed_and_started_again(
    change: str, prepared: Prepare, watched: WatchedNode, node: Node, outcomes: list[Outcome]
) -> None:
    case = prepared(change)
    # Slow embeddings, so that a task is running while the node dies.
    case.model.delay_seconds = 0.05
    with once_after_writes_to("/_reindex", 2, watched, lambda: restart(node)):
        case.stack.up(case.changed())
    watched.reset()
    outcomes.append(settle(case, case.stack, "Elasticsearch killed and started"))


@pytest.mark.parametrize("change", chosen("model revision"))
def test_elasticsearch_and_the_process_are_killed(
    change: str, prepared: Prepare, watched: WatchedNode, node: Node, outcomes: list[Outcome]
) -> None:
    case = prepared(change)
    wanted = case.changed()
    reached = threading.Event()
    with once_after_writes_to("/_reindex", 2, watched, reached.set):
        upgrade = start_upgrade(case.stack, wanted)
        assert reached.wait(60)
        node.kill()
        upgrade.kill()
        node.start()
    known = upgrade.wait()
    watched.reset()
    known.up(wanted)
    outcomes.append(settle(case, known, "Elasticsearch and process killed"))


@pytest.mark.parametrize("change", chosen("quant"))
def test_the_process_is_killed_while_a_task_goes_on(
    change: str, prepared: Prepare, watched: WatchedNode, outcomes: list[Outcome]
) -> None:
    case = prepared(change)
    wanted = case.changed()
    case.model.delay_seconds = 0.3
    reached = threading.Event()
    with once_after_writes_to("/_reindex", 2, watched, reached.set):
        upgrade = start_upgrade(case.stack, wanted)
        assert reached.wait(60)
        upgrade.kill()
    known = upgrade.wait()
    watched.reset()
    case.write("doc-20", "written between the two runs")
    case.model.delay_seconds = 0
    known.up(wanted)
    outcomes.append(settle(case, known, "process killed, its task goes on"))


@pytest.mark.parametrize("status", [429, pytest.param(503, marks=pytest.mark.exhaustive)])
def test_the_embedding_server_is_busy(
    status: int, prepared: Prepare, watched: WatchedNode, outcomes: list[Outcome]
) -> None:
    case = prepared("dims up")
    with once_after_writes_to("/_reindex", 2, watched, lambda: case.model.fail(status, 25)):
        case.stack.up(case.changed())
    assert case.model.failures == 0
    watched.reset()
    outcomes.append(settle(case, case.stack, f"embedding server answers {status}"))


@pytest.mark.parametrize("change", chosen("quant"))
def test_the_embedding_server_is_restarted(
    change: str, prepared: Prepare, watched: WatchedNode, outcomes: list[Outcome]
) -> None:
    case = prepared(change)
    wanted = case.changed()
    with once_after_writes_to("/_reindex", 2, watched, lambda: gone(case, 2.0)):
        case.stack.up(wanted)
    watched.reset()
    outcomes.append(settle(case, case.stack, "embedding server gone for 2 s"))


@contextmanager
def once_after_writes_to(
    path: str, count: int, watched: WatchedNode, do: Callable[[], None]
) -> Iterator[None]:
    """Call a function beside the update once the node has carried out the given number of requests to a path."""
    threads: list[threading.Thread] = []

    def applied(number: int) -> bool:
        if not threads and sum(path in line for line in watched.writes[:number]) == count:
            threads.append(threading.Thread(target=do))
            threads[0].start()
        return False

    watched.applied = applied
    yield
    assert threads, watched.writes
    threads[0].join(120)


def restart(node: Node) -> None:
    """Kill the node and start it again on its data."""
    node.kill()
    node.start()


def gone(case: Case, seconds: float) -> None:
    """Make the embedding server cut every connection for some seconds, as during a restart."""
    answers = case.model.answer

    def cut(request: Request) -> tuple[int, dict[str, object]]:
        raise ConnectionAbortedError(request.path)

    case.monkeypatch.setattr(case.model, "answer", cut)
    time.sleep(seconds)
    case.monkeypatch.setattr(case.model, "answer", answers)
