"""Random sequences of updates, crashes, people's writes and edits: see people_and_stack for what must hold."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from components.elasticsearch.client import Client
from tests.contract.elasticsearch.stack_resources import StackResources, Wanted
from tests.contract.migration.people_and_stack import PeopleAndStack, started
from tests.contract.migration.scenario import Case
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

FEW = settings(
    max_examples=5,
    stateful_step_count=12,
    deadline=None,
    database=None,
    # The same sequences in each run; new ones are for the exhaustive run.
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
MANY = settings(FEW, max_examples=60, stateful_step_count=25, derandomize=False, print_blob=True)


@pytest.fixture
def machine(
    node: Node, wanted: Wanted, client: Client, model: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> type[PeopleAndStack]:
    """Return the state machine of a stack on the node, which each sequence finds empty."""

    def start() -> Case:
        node.clean()
        model.reset()
        empty = Case(client, model, monkeypatch, wanted, "sequence", StackResources(), {})
        return started(empty, wanted)

    class OnTheNode(PeopleAndStack):
        def __init__(self) -> None:
            super().__init__(start)

    return OnTheNode


def test_no_sequence_loses_a_document(machine: type[PeopleAndStack]) -> None:
    run_state_machine_as_test(machine, settings=FEW)


@pytest.mark.exhaustive
@pytest.mark.timeout(3600)
def test_no_sequence_of_many_loses_a_document(machine: type[PeopleAndStack]) -> None:
    run_state_machine_as_test(machine, settings=MANY)
