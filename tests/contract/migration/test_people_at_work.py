"""People write and search while a migration is killed, run again and completed: every acknowledged write is there."""

import threading
from dataclasses import replace

import pytest

from tests.contract.elasticsearch.people import Reader, Writer, at_work, fill
from tests.contract.migration.conftest import Prepare
from tests.contract.migration.outcomes import Outcome
from tests.contract.migration.proxy import WatchedNode
from tests.contract.migration.scenario import Case, chosen, settle
from tests.contract.migration.upgrade import Settings, start_upgrade, use
from tests.fixtures.elasticsearch_node import Node

pytestmark = pytest.mark.sandbox

LONGEST_REFUSAL = 5.0
"""Seconds, on a machine that may do much else: the goal is 1 s, which `python -m benchmarks.migration` measures."""
REFUSALS = {"cluster_block_exception", "document_parsing_exception"}
"""The second is for a write that was being embedded at the old dims while the alias moved: it is not acknowledged."""
AT_WORK = Settings(portion=100, settle=0.5)
"""Where people are at work, the pause is needed which the other tests here leave out."""


@pytest.mark.parametrize("change", chosen("dims down"))
def test_a_writer_and_a_reader_through_a_whole_migration(
    change: str, prepared: Prepare, node: Node, outcomes: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(AT_WORK, monkeypatch.setattr)
    case = prepared(change)
    case.contents |= fill(case.client, 300, first=1000)
    wanted = case.changed()
    writer, reader = people(case, node)
    with at_work(writer, reader):
        case.stack.up(wanted)
    outcomes.append(judged(case, writer, reader, "people at work, no fault"))


@pytest.mark.parametrize(
    ("change", "path"),
    [("dims down", "_reindex"), ("dims up", "_block/write"), ("model revision", "_aliases")],
)
def test_a_writer_and_a_reader_through_a_migration_that_is_killed(
    change: str,
    path: str,
    prepared: Prepare,
    watched: WatchedNode,
    node: Node,
    outcomes: list[Outcome],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(AT_WORK, monkeypatch.setattr)
    case = prepared(change)
    case.contents |= fill(case.client, 300, first=1000)
    wanted = case.changed()
    writer, reader = people(case, node)
    reached = threading.Event()

    def applied(number: int) -> bool:
        if path in watched.writes[number - 1]:
            reached.set()
        return reached.is_set()

    watched.applied = applied
    with at_work(writer, reader):
        upgrade = start_upgrade(case.stack, wanted, AT_WORK)
        assert reached.wait(60)
        upgrade.kill()
        case.stack = upgrade.wait()
        watched.reset()
        case.stack.up(wanted)
    # A process that dies while the index is closed leaves it closed until the next run.
    longest = None if "_block" in path else LONGEST_REFUSAL
    outcomes.append(judged(case, writer, reader, f"people at work, killed at {path}", longest=longest))


def test_a_write_that_is_being_embedded_while_the_alias_moves(
    prepared: Prepare, node: Node, outcomes: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Elasticsearch looks up the pipeline when a write arrives, and the index when the document has been embedded.
    use(AT_WORK, monkeypatch.setattr)
    case = prepared("prefix")
    case.model.delay_seconds = 0.3
    wanted = case.changed()
    writer, _ = people(case, node)
    with at_work(writer):
        case.stack.up(wanted)
    case.model.delay_seconds = 0
    case.contents |= writer.contents
    outcomes.append(settle(case, case.stack, "embedded while the alias moves"))


def people(case: Case, node: Node) -> tuple[Writer, Reader]:
    """Return a writer and a reader who reach the node directly."""
    connection = replace(case.wanted.connection, url=node.url)
    return Writer(connection), Reader(connection)


def judged(
    case: Case, writer: Writer, reader: Reader, fault: str, *, longest: float | None = LONGEST_REFUSAL
) -> Outcome:
    """Assert everything that people were promised, and what `settle` asserts, with the documents they wrote."""
    assert writer.written > 20
    assert (reader.errors, reader.fewest >= 300) == ([], True)
    assert writer.answers <= REFUSALS
    refused = max(writer.refused, default=0.0)
    case.contents |= writer.contents
    outcome = settle(case, case.stack, fault)
    assert longest is None or refused < longest
    return replace(outcome, refused_seconds=refused)
