"""The check of a cluster as a resource: what it demands, and what a refresh says of the license."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from components.elasticsearch.cluster.privileges import HAS_PRIVILEGES
from components.elasticsearch.dynamic.cluster_check import ClusterCheckProvider, needed_of
from tests.unit.elasticsearch.dynamic.resources import inputs, outputs
from tests.unit.elasticsearch.recording import RecordedCluster

ROOT = {"version": {"number": "9.5.3"}}


@pytest.fixture
def cluster(cluster: RecordedCluster) -> RecordedCluster:
    """Have the recorded cluster tell its version."""
    cluster.answers["GET /"] = ROOT
    return cluster


def license(left: timedelta, status: str = "active") -> dict[str, Any]:
    """Return a trial that ends so far from now."""
    end = (datetime.now(UTC) + left).replace(microsecond=0)
    return {"license": {"type": "trial", "status": status, "expiry_date_in_millis": end.timestamp() * 1000}}


def refreshed(**state: Any) -> dict[str, Any]:
    """Read the check of a stack with this state; return the new outputs."""
    found = ClusterCheckProvider().read("jina-demo", outputs(ClusterCheckProvider, **state))
    assert found.id == "jina-demo"
    return dict(found.outs or {})


class TestRefresh:
    """What a refresh finds."""

    def test_a_license_that_changed_is_seen(self, cluster: RecordedCluster) -> None:
        cluster.answers["GET /_license"] = {"license": {"type": "enterprise", "status": "active"}}
        outs = refreshed(version="9.5.2", licence="trial", licence_expires="2026-01-01T00:00:00+00:00")
        assert (outs["version"], outs["licence"], outs["licence_expires"]) == ("9.5.3", "enterprise", "")

    def test_nothing_is_changed_where_nothing_changed(
        self, cluster: RecordedCluster, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = license(timedelta(days=20))
        cluster.answers["GET /_license"] = found
        end = datetime.fromtimestamp(found["license"]["expiry_date_in_millis"] / 1000, UTC).isoformat()
        known = {"version": "9.5.3", "licence": "trial", "licence_expires": end}
        assert {key: refreshed(**known)[key] for key in known} == known
        assert capsys.readouterr().out == ""

    def test_a_state_of_before_that_knows_no_end_is_left_as_it_is(self, cluster: RecordedCluster) -> None:
        cluster.answers["GET /_license"] = license(timedelta(days=20))
        assert "licence_expires" not in refreshed(version="9.5.3", licence="trial")

    @pytest.mark.parametrize(
        ("left", "told"),
        [(timedelta(days=3, hours=1), "lasts 3 more days"), (timedelta(days=-1), "ended on")],
    )
    def test_a_license_that_ends_soon_or_has_ended_is_told(
        self, cluster: RecordedCluster, capsys: pytest.CaptureFixture[str], left: timedelta, told: str
    ) -> None:
        cluster.answers["GET /_license"] = license(left, "active" if left > timedelta() else "expired")
        refreshed(version="9.5.3", licence="trial")
        assert told in capsys.readouterr().out


def test_the_privileges_are_asked_for_before_anything_is_written(cluster: RecordedCluster) -> None:
    cluster.answers["GET /_license"] = license(timedelta(days=20))
    ClusterCheckProvider().create(inputs(ClusterCheckProvider))
    assert cluster.written == [f"POST {HAS_PRIVILEGES}"]


@pytest.mark.parametrize(
    ("before", "aliases", "inference"),
    [
        (None, ["jina-demo"], False),
        ({"alias": "old", "needs_inference": False}, ["jina-demo", "old"], False),
        ({"alias": "jina-demo", "needs_inference": True}, ["jina-demo"], True),
        ({"alias": "jina-demo"}, ["jina-demo"], True),  # as states of before say it
        ({"alias": "old", "needs_inference": True, "url": "http://elsewhere:9200"}, ["jina-demo"], False),
    ],
)
def test_what_is_given_up_needs_its_privileges_too(
    before: dict[str, Any] | None, aliases: list[str], inference: bool
) -> None:
    news = inputs(ClusterCheckProvider, needs_inference=False)
    olds = None if before is None else {"url": news["url"], **before}
    needed = needed_of(olds, news)
    assert (list(dict.fromkeys(needed.aliases)), needed.inference) == (aliases, inference)
