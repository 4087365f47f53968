"""Random sequences of updates, crashes, people's writes and edits: see people_and_stack for what must hold."""

from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from components.elasticsearch.client.client import Client, ClusterPatience
from components.elasticsearch.cluster import presence
from components.elasticsearch.dynamic import provider
from tests.contract.elasticsearch.stack_resources import StackResources, Wanted
from tests.contract.migration.losses_and_others import LossesAndOthers
from tests.contract.migration.outcomes import Outcome, added
from tests.contract.migration.people_and_stack import started
from tests.contract.migration.scenario import Case
from tests.fixtures.elasticsearch_node import Node
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

Machine = Any
"""A class of state machines, and the `judged` outcomes of all its runs."""

FEW = settings(
    max_examples=8,
    stateful_step_count=20,
    deadline=None,
    database=None,
    # Each run has the same sequences; only the exhaustive run draws new ones.
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    # A failing sequence is short enough to read; finding a shorter one takes minutes.
    phases=(Phase.explicit, Phase.generate),
)
MANY = settings(
    FEW,
    max_examples=60,
    stateful_step_count=25,
    derandomize=False,
    print_blob=True,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)


@pytest.fixture
def machine(
    node: Node, wanted: Wanted, client: Client, model: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> Machine:
    """Return the state machine of a stack on the node; each sequence begins with an empty node."""

    def start() -> Case:
        node.clean()
        model.reset()
        empty = Case(client, model, monkeypatch, wanted, "sequence", StackResources(), {})
        return started(empty, wanted)

    monkeypatch.setattr(provider, "READING", ClusterPatience(unreachable=0))
    monkeypatch.setattr(presence, "_asked_once_until", {})

    class OnTheNode(LossesAndOthers):
        judged: ClassVar[list[Outcome]] = []

        def __init__(self) -> None:
            super().__init__(start)
            self.outcomes = self.judged

    return OnTheNode


def test_no_sequence_loses_a_document(machine: Machine, outcomes: list[Outcome]) -> None:
    run_state_machine_as_test(machine, settings=FEW)
    outcomes.append(added(machine.judged, "random sequences"))


@pytest.mark.exhaustive
@pytest.mark.timeout(3600)
def test_no_sequence_of_many_loses_a_document(machine: Machine, outcomes: list[Outcome]) -> None:
    run_state_machine_as_test(machine, settings=MANY)
    outcomes.append(added(machine.judged, "random sequences"))
