"""Whether a cluster answers: waited for once."""

from contextlib import suppress

import pytest

from components.elasticsearch.client.client import ClusterPatience
from components.elasticsearch.cluster import presence
from components.elasticsearch.errors import (
    UnreachableError,
)
from tests.unit.elasticsearch.dynamic.resources import UNANSWERED


def test_a_cluster_is_waited_for_once_and_not_for_each_thing_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    waited_for: dict[str, float] = {}
    monkeypatch.setattr(presence, "_asked_once_until", waited_for)
    patience = ClusterPatience(limit=9, unreachable=8)
    with suppress(UnreachableError), presence.patient("http://a", patience) as first:
        assert first == patience
        raise UNANSWERED
    with presence.patient("http://b", patience) as other:
        assert other == patience
    with presence.patient("http://a", patience) as second:
        assert (second.limit, second.unreachable) == (0, 0)
    # It answered.
    with presence.patient("http://a", patience) as third:
        assert third == patience
    assert waited_for == {}
