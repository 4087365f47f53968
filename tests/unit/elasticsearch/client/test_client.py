"""ClusterPatience: how long a cluster that is busy, or does not answer, is asked again."""

from typing import Any

import pytest

from components.elasticsearch.client.client import Client, ClusterPatience
from components.elasticsearch.errors import (
    ElasticsearchError,
    NotFoundError,
    UnavailableError,
    UnreachableError,
)
from tests.unit.elasticsearch.recording import CONNECTION, missing

PATIENCE = ClusterPatience(limit=0.3, unreachable=0.1, first_pause=0.01, longest_pause=0.02)


class Failing(Client):
    """A client whose first answers are errors."""

    def __init__(self, *errors: ElasticsearchError) -> None:
        super().__init__(CONNECTION, PATIENCE)
        self.errors = list(errors)
        self.sent = 0

    def _send(self, *_: Any) -> Any:
        self.sent += 1
        if self.errors:
            raise self.errors.pop(0)
        return {"done": True}


@pytest.mark.usefixtures("slept")
@pytest.mark.parametrize("error", [UnavailableError("503"), UnreachableError("refused")])
def test_a_cluster_that_recovers_is_asked_again(error: ElasticsearchError) -> None:
    client = Failing(error, error, error)
    assert client.request("GET", "/") == {"done": True}
    assert client.sent == 4


@pytest.mark.parametrize(("error", "limit"), [(UnavailableError("503"), 0.3), (UnreachableError("no"), 0.1)])
def test_patience_ends(error: ElasticsearchError, limit: float, slept: list[float]) -> None:
    client = Failing(*[error] * 1000)
    with pytest.raises(type(error)):
        client.request("GET", "/")
    assert limit - 0.02 < sum(slept) <= limit
    assert client.sent == len(slept) + 1


def test_any_other_error_is_raised_at_once() -> None:
    client = Failing(missing())
    with pytest.raises(NotFoundError):
        client.request("GET", "/x")
    assert client.sent == 1


def test_a_missing_thing_is_none_when_it_is_looked_for() -> None:
    assert Failing(missing()).find("/x") is None


@pytest.mark.parametrize(("longest", "asked", "waited"), [(5.0, 60.0, 5.0), (5.0, 1.0, 1.0)])
def test_no_answer_is_waited_for_longer_than_patience_says(
    longest: float, asked: float, waited: float
) -> None:
    class Timed(Client):
        def _send(self, *arguments: Any) -> Any:
            return arguments[-1]

    assert Timed(CONNECTION, ClusterPatience(answer=longest)).request("GET", "/", timeout=asked) == waited
    assert Timed(CONNECTION).request("GET", "/", timeout=asked) == asked
