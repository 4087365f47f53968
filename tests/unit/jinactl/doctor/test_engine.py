"""What the doctor finds of the engine and the containers, as a double of `docker` tells of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.commands import port_check
from jinactl.doctor.containers import read_engine
from jinactl.doctor.engine import CHECKS
from jinactl.doctor.finding import CannotLookError
from tests.unit.docker_double import DockerDouble
from tests.unit.jinactl.doctor.declaration import ENGINE, IMAGE, OWNER, SERVERS, declared, found

GATEWAY, NODE = "cpu-gateway", "cpu-elasticsearch"
SERVER, QUERIES = SERVERS.values()
NAMES = (NODE, GATEWAY, SERVER, QUERIES)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DockerDouble:
    """Put a double of `docker` on PATH; nothing else of this machine is asked."""
    monkeypatch.setattr(port_check, "can_be_had", lambda *_: True)
    return DockerDouble(tmp_path / "bin", monkeypatch)


def tell(docker: DockerDouble, containers: list[dict[str, Any]], holders: str = GATEWAY) -> None:
    """Have the engine tell of these containers, one of which has both ports."""
    listed = "\n".join(one["Name"] for one in containers)
    docker.says("info*", ENGINE)
    docker.says("image*", IMAGE)
    docker.says("ps*publish=*", holders)
    docker.says("ps*label=*", listed)
    docker.says("ps*name=*", listed)
    docker.says(f"'inspect --type container {holders}'", json.dumps([holding(holders)]))
    docker.says("inspect*", json.dumps(containers))
    refused = "failed to initialize backend from /libggml-onednn.so: incompatible"
    docker.says(
        "'logs --since=2020-01-01T00:00:00Z --until=2020-01-01T00:00:30Z'*",
        f"llama_server: initializing\n{refused}",
    )
    docker.says("logs*", "exec format error")


def holding(name: str) -> dict[str, Any]:
    ports = {"8080/tcp": [{"HostPort": "8080"}], "9200/tcp": [{"HostPort": "9200"}]}
    own = {port_check.OWNER: OWNER} if name in NAMES else {port_check.OWNER: "another"}
    return {**container(name), "HostConfig": {"PortBindings": ports}, "Config": {"Labels": own}}


def container(name: str, **state: object) -> dict[str, Any]:
    running = {"Status": "running", "ExitCode": 0, "OOMKilled": False, "StartedAt": "2020-01-01T00:00:00.1Z"}
    return {"Name": f"/{name}", "Image": IMAGE, "RestartCount": 0, "State": {**running, **state}}


def all_but(name: str, *others: dict[str, Any]) -> list[dict[str, Any]]:
    return [*(container(one) for one in NAMES if one != name), *others]


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        (all_but(""), {}),
        (all_but(SERVER), {"container-missing": SERVER}),
        (all_but(NODE), {"container-missing": "of the Elasticsearch node"}),
        (all_but(GATEWAY), {"container-missing": "of the gateway"}),
        (all_but(NODE, container(NODE, Status="paused")), {"container-stopped": f"docker unpause {NODE}"}),
        (
            all_but(NODE, container(NODE, Status="exited", ExitCode=143)),
            {"container-stopped": f"{NODE} is exited -> docker start"},
        ),
        (
            all_but(SERVER, container(SERVER, Status="exited", ExitCode=1)),
            {"container-stopped": "with exit code 1"},
        ),
        (
            all_but(NODE, container(NODE, Status="restarting", ExitCode=1)),
            {"container-restarting": "choose another elasticsearchImage"},
        ),
        (
            all_but(NODE, {**container(NODE, StartedAt="2999-01-01T00:00:00Z"), "RestartCount": 3}),
            {"container-restarting": "3 times so far"},
        ),
        (
            all_but(SERVER, container(SERVER, Health={"Status": "unhealthy"})),
            {"container-unhealthy": f"docker restart {SERVER}"},
        ),
        (
            all_but(
                SERVER, {**container(SERVER), "Config": {"Env": ["GGML_BACKEND_PATH=/libggml-onednn.so"]}}
            ),
            {"server-kernels": "could not be loaded (incompatible)"},
        ),
        (
            all_but(SERVER, {**container(SERVER), "Image": "sha256:2222"}),
            {"container-image": "is of image 2222, and the stack declares 111111111111"},
        ),
        (
            all_but(SERVER, {**container(SERVER), "Mounts": [{"Type": "bind", "Source": "/gone.gguf"}]}),
            {"model-file-missing": "/gone.gguf"},
        ),
    ],
)
def test_what_is_wrong_with_a_container_is_named_and_nothing_else(
    containers: list[dict[str, Any]], expected: dict[str, str], docker: DockerDouble
) -> None:
    tell(docker, containers)
    told = found(CHECKS, read_engine(declared()))
    assert told.keys() == expected.keys()
    for name, words in expected.items():
        assert words in told[name]


def test_ports_that_others_have_are_named(docker: DockerDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(docker, all_but(""), holders="of-another")
    told = found(CHECKS, read_engine(declared(elasticsearchUrl="http://127.0.0.1:9200")))
    assert "docker stop of-another, or `pulumi config set serverPort 8081 && pulumi up`" in told["port-taken"]
    assert "elasticsearchPort 9201" in told["port-taken"]
    monkeypatch.setattr(port_check, "read_holders", lambda _: [])
    monkeypatch.setattr(port_check, "can_be_had", lambda *_: False)
    assert "is no container" in found(CHECKS, read_engine(declared()))["port-taken"]


def test_an_engine_that_does_not_answer_is_named_and_its_containers_are_not_looked_at(
    docker: DockerDouble,
) -> None:
    docker.says("*", "Cannot connect to the Docker daemon", 1)
    told = found(CHECKS, read_engine(declared()))
    assert "Cannot connect to the Docker daemon" in told.pop("engine-unreachable")
    assert set(told.values()) == {"not looked: no Docker engine answers"}
    assert len(told) == len(CHECKS) - 1


def test_another_engine_is_named_and_its_containers_are_not_looked_at(docker: DockerDouble) -> None:
    tell(docker, [])
    told = found(CHECKS, read_engine(declared(dockerEngine="another")))
    assert f"has the id {ENGINE}, and the stack lives on another" in told.pop("engine-another")
    assert set(told.values()) == {"not looked: the Docker engine that answers is not the stack's"}


def test_outputs_of_an_earlier_version_keep_some_checks_from_looking(docker: DockerDouble) -> None:
    tell(docker, all_but(""))
    told = found(CHECKS, read_engine(declared("dockerEngine", "imageDigest")))
    assert sorted(told) == ["container-image", "engine-another"]
    assert all(why.startswith("not looked: the outputs do not name") for why in told.values())


def test_files_of_another_machine_cannot_be_seen(
    docker: DockerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://another")
    tell(docker, all_but(""))
    told = found(CHECKS, read_engine(declared()))
    assert list(told) == ["model-file-missing"]


def test_without_the_command_nothing_can_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CannotLookError, match="not on PATH"):
        read_engine(declared())
