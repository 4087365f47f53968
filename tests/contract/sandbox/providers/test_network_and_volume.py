"""`docker.Network` and `docker.Volume` of the stand-in, on the real engine."""

import threading

import pytest

from sandbox.providers.docker.network import Network
from sandbox.providers.docker.volume import Volume
from sandbox.providers.values import Properties
from tests.contract.sandbox.providers.conftest import Bench

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (Network, {}),
        (Network, {"driver": "bridge"}),
        (Volume, {}),
    ],
)
def test_it_is_created_read_without_drift_and_deleted(
    bench: Bench, kind: type[Network | Volume], inputs: Properties
) -> None:
    resource, asked = kind(bench.engine), {"name": bench.name(), **inputs}
    created = resource.create(asked, bench.operation)
    live = resource.read(created.id, asked, bench.operation)
    assert live is not None
    assert (live.id, live.drift, live.computed) == (created.id, {}, created.computed)
    assert resource.differences(asked, {**asked, **live.computed}, asked, ()) == {}
    resource.delete(created.id, asked, created.computed, bench.operation)
    assert resource.read(created.id, asked, bench.operation) is None
    resource.delete(created.id, asked, created.computed, bench.operation)


@pytest.mark.parametrize("kind", [Network, Volume])
def test_what_is_in_use_is_deleted_as_soon_as_it_no_longer_is(
    bench: Bench, kind: type[Network | Volume]
) -> None:
    resource, asked = kind(bench.engine), {"name": bench.name()}
    created = resource.create(asked, bench.operation)
    use: Properties = (
        {"networksAdvanced": [{"name": asked["name"]}]}
        if kind is Network
        else {"mounts": [{"type": "volume", "source": asked["name"], "target": "/data"}]}
    )
    container = bench.container.create(bench.wanted(**use), bench.operation)
    threading.Timer(1, bench.api.remove_container, [container.id], {"force": True}).start()
    resource.delete(created.id, asked, created.computed, bench.operation)
    assert resource.read(created.id, asked, bench.operation) is None


def test_a_volume_that_somebody_made_with_labels_is_replaced(bench: Bench) -> None:
    resource, asked = Volume(bench.engine), {"name": bench.name()}
    bench.api.create_volume(asked["name"], labels={"purpose": "other"})
    created = resource.create(asked, bench.operation)
    try:
        assert resource.differences(asked, {**asked, **created.computed}, asked, ())["labels"].replaces
    finally:
        bench.api.remove_volume(asked["name"])
