"""`docker.Container` of the stand-in, on the real engine."""

import time
from typing import Any

import pytest

from sandbox.providers.resource import PartialFailureError, ProviderError
from sandbox.providers.values import Properties
from tests.contract.sandbox.providers.conftest import Bench

pytestmark = pytest.mark.sandbox

CHECK_PASSES = {"tests": ["CMD", "true"], "interval": "1s", "timeout": "2s", "retries": 3}
CHECK_FAILS = {**CHECK_PASSES, "tests": ["CMD", "false"], "retries": 1}


@pytest.mark.parametrize(
    ("inputs", "path", "expected"),
    [
        ({"envs": ["A=1"]}, "Config.Env", lambda live: "A=1" in live),
        ({"user": "1000:1000"}, "Config.User", "1000:1000"),
        ({"labels": [{"label": "a", "value": "b"}]}, "Config.Labels", lambda live: live["a"] == "b"),
        (
            {"ports": [{"internal": 8080, "external": 18473, "ip": "127.0.0.1"}]},
            "HostConfig.PortBindings",
            {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "18473"}]},
        ),
        ({}, "HostConfig.PortBindings", None),
        (
            {"hosts": [{"host": "host.docker.internal", "ip": "host-gateway"}]},
            "HostConfig.ExtraHosts",
            ["host.docker.internal:host-gateway"],
        ),
        ({"readOnly": True}, "HostConfig.ReadonlyRootfs", True),
        (
            {"tmpfs": {"/tmp": "rw,noexec,nosuid,size=64m"}},
            "HostConfig.Tmpfs",
            {"/tmp": "rw,noexec,nosuid,size=64m"},
        ),
        ({"capabilities": {"drops": ["ALL"]}}, "HostConfig.CapDrop", ["ALL"]),
        ({"securityOpts": ["no-new-privileges"]}, "HostConfig.SecurityOpt", ["no-new-privileges"]),
        (
            {"logDriver": "json-file", "logOpts": {"max-size": "10m", "max-file": "3"}},
            "HostConfig.LogConfig",
            {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}},
        ),
        ({"cpus": "0.5"}, "HostConfig.NanoCpus", 500_000_000),
        ({"memory": 64}, "HostConfig.Memory", 64 * 1024 * 1024),
        ({"restart": "unless-stopped"}, "HostConfig.RestartPolicy.Name", "unless-stopped"),
        (
            {"healthcheck": {**CHECK_PASSES, "interval": "1m30s", "startPeriod": "500ms"}},
            "Config.Healthcheck",
            {
                "Test": ["CMD", "true"],
                "Interval": 90 * 10**9,
                "Timeout": 2 * 10**9,
                "StartPeriod": 5 * 10**8,
                "Retries": 3,
            },
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_input_reaches_the_engine_and_is_no_drift(
    bench: Bench, inputs: Properties, path: str, expected: Any
) -> None:
    container = bench.container
    asked = bench.wanted(**inputs)
    created = container.create(asked, bench.operation)
    live: Any = bench.api.inspect_container(created.id)
    for name in path.split("."):
        live = live[name]
    assert expected(live) if callable(expected) else live == expected
    found = container.read(created.id, asked, bench.operation)
    assert found is not None
    assert found.drift == {}


def test_containers_of_one_network_find_each_other_by_alias_and_share_a_volume(
    bench: Bench, tmp_path: Any
) -> None:
    api = bench.api
    (tmp_path / "model").write_text("weights")
    network = api.create_network(f"{bench.wanted()['name']}-network")["Id"]
    volume = api.create_volume(f"{bench.wanted()['name']}-volume")["Name"]
    networks = [{"name": network, "aliases": ["llama-server"]}]
    mounts = [
        {"type": "volume", "source": volume, "target": "/data"},
        {"type": "bind", "source": str(tmp_path / "model"), "target": "/models/model", "readOnly": True},
    ]
    container = bench.container
    asked = bench.wanted(networksAdvanced=networks, mounts=mounts)
    try:
        created = container.create(asked, bench.operation)
        script = "getent hosts llama-server && cat /models/model && touch /data/kept && ! touch /models/model"
        run = api.exec_create(created.id, ["sh", "-c", script])["Id"]
        output = api.exec_start(run).decode()
        assert api.exec_inspect(run)["ExitCode"] == 0, output
        assert "weights" in output
        assert container.read(created.id, asked, bench.operation).drift == {}  # type: ignore[union-attr]
        assert list(api.inspect_container(created.id)["NetworkSettings"]["Networks"]) != ["bridge"]
        container.delete(created.id, asked, created.computed, bench.operation)
        assert api.inspect_volume(volume)["Name"] == volume
    finally:
        api.remove_network(network)
        api.remove_volume(volume, force=True)


def test_a_port_that_the_engine_chooses_is_an_output(bench: Bench) -> None:
    created = bench.container.create(
        bench.wanted(ports=[{"internal": 80, "ip": "127.0.0.1"}]), bench.operation
    )
    assert created.computed["ports"][0]["external"] > 1024


@pytest.mark.parametrize(
    ("asked", "read_back", "changed"),
    [
        ({"healthcheck": {**CHECK_PASSES, "startPeriod": "300s"}}, "5m0s", {"healthcheck"}),
        ({"healthcheck": {**CHECK_PASSES, "startPeriod": "5m0s"}}, "5m0s", set()),
        ({"cpus": "2"}, "2.0", {"cpus"}),
        ({"cpus": "1.50"}, "1.5", {"cpus"}),
        ({"cpus": "1.5"}, "1.5", set()),
    ],
    ids=str,
)
def test_what_is_read_back_in_another_spelling_is_a_change(
    bench: Bench, asked: Properties, read_back: str, changed: set[str]
) -> None:
    wanted = bench.wanted(**asked)
    created = bench.container.create(wanted, bench.operation)
    found = created.computed.get("cpus") or created.computed["healthcheck"]["startPeriod"]
    assert found == read_back
    assert bench.container.differences(wanted, {**wanted, **created.computed}, wanted, ()).keys() == changed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"command": ["sh", "-c", "echo no such model; exit 3"]}, "container failed to be in healthy state"),
        ({"healthcheck": CHECK_FAILS}, "container failed to be in healthy state"),
        ({"healthcheck": None}, "does not have a healthcheck"),
    ],
    ids=["crash loop", "unhealthy", "no health check"],
)
def test_waiting_for_health_sees_no_crash_and_shows_no_log(
    bench: Bench, changes: Properties, message: str
) -> None:
    asked = {"healthcheck": CHECK_PASSES, "wait": True, "waitTimeout": 3, "restart": "always", **changes}
    start = time.monotonic()
    with pytest.raises(PartialFailureError, match=message) as failure:
        bench.container.create(
            bench.wanted(**{key: value for key, value in asked.items() if value is not None}), bench.operation
        )
    if "state" in message:
        assert 3 <= time.monotonic() - start < 6
    assert "no such model" not in str(failure.value)
    assert bench.api.inspect_container(failure.value.created.id)["Id"] == failure.value.created.id


def test_a_gpu_that_is_not_there_is_refused_in_the_engines_words(bench: Bench) -> None:
    gpu = [{"driver": "nvidia", "count": -1, "capabilities": ["gpu"]}]
    with pytest.raises(PartialFailureError) as failure:
        bench.container.create(bench.wanted(deviceRequests=gpu), bench.operation)
    assert 'could not select device driver "nvidia" with capabilities: [[gpu]]' in str(failure.value)
    assert bench.api.inspect_container(failure.value.created.id)["State"]["Status"] == "created"


def test_a_taken_name_is_named(bench: Bench) -> None:
    asked = bench.wanted()
    bench.container.create(asked, bench.operation)
    with pytest.raises(ProviderError, match=f'name "/{asked["name"]}" is already in use'):
        bench.container.create(asked, bench.operation)


def test_a_stopped_container_has_lost_its_ports_in_the_state_and_is_replaced(bench: Bench) -> None:
    container, asked = bench.container, bench.wanted(ports=[{"internal": 80, "ip": "127.0.0.1"}])
    created = container.create(asked, bench.operation)
    bench.api.stop(created.id, timeout=0)

    live = container.read(created.id, asked, bench.operation)

    assert live is not None
    assert (live.drift, live.computed["mustRun"]) == ({"ports": []}, False)
    found = container.differences({**asked, **live.drift}, {**asked, **live.computed}, asked, ())
    assert (found["mustRun"].replaces, found["ports"].replaces) == (False, True)


def test_a_stopped_container_without_ports_is_started_by_an_update(bench: Bench) -> None:
    container, asked = bench.container, bench.wanted()
    created = container.create(asked, bench.operation)
    bench.api.stop(created.id, timeout=0)
    live = container.read(created.id, asked, bench.operation)
    assert live is not None

    container.update(created.id, {**asked, **live.computed}, asked, {}, bench.operation)

    assert bench.api.inspect_container(created.id)["State"]["Running"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"memory": 64, "memorySwap": 128}, {"memory": 96, "memorySwap": 192}, 96),
        ({"memory": 64}, {"memory": 32}, 32),
        ({"memory": 64}, {}, 64),
    ],
    ids=["with swap", "lowered", "taken back"],
)
def test_a_limit_of_memory_is_changed_in_place_but_not_taken_back(
    bench: Bench, before: Properties, after: Properties, expected: int
) -> None:
    container, plain = bench.container, bench.wanted()
    created = container.create({**plain, **before}, bench.operation)

    container.update(
        created.id, {**plain, **before, **created.computed}, {**plain, **after}, {}, bench.operation
    )

    assert bench.api.inspect_container(created.id)["HostConfig"]["Memory"] == expected * 1024 * 1024


def test_a_limit_of_memory_is_not_raised_above_the_swap_that_the_engine_set(bench: Bench) -> None:
    container, asked = bench.container, bench.wanted(memory=64)
    created = container.create(asked, bench.operation)
    assert created.computed["memorySwap"] == 128

    with pytest.raises(PartialFailureError, match="smaller than already set memoryswap limit"):
        container.update(
            created.id, {**asked, **created.computed}, {**asked, "memory": 256}, {}, bench.operation
        )


def test_all_that_the_engine_says_of_a_container_is_written_into_the_log(bench: Bench) -> None:
    bench.container.create(bench.wanted(envs=["PASSWORD=hunter2"]), bench.operation)
    (line,) = bench.texts
    assert line.startswith("[DEBUG] Docker container inspect from stateFunc: {")
    assert "PASSWORD=hunter2" in line


def test_a_container_that_is_gone_is_read_as_gone_and_deleted_without_an_error(bench: Bench) -> None:
    container, asked = bench.container, bench.wanted()
    created = container.create(asked, bench.operation)
    container.delete(created.id, asked, created.computed, bench.operation)
    assert container.read(created.id, asked, bench.operation) is None
    container.delete(created.id, asked, created.computed, bench.operation)
