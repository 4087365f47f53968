"""Servers inside a container, its state, and what is said where neither can be had."""

import http.client
import json
from pathlib import Path

import pytest

from components.engine.container import Container, State
from components.engine.errors import EngineError, NotListeningError
from tests.unit.docker_double import DockerDouble


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DockerDouble:
    """Put a double of the `docker` command before all others."""
    return DockerDouble(tmp_path / "docker-double", monkeypatch)


def test_a_server_in_the_container_is_asked_through_docker_exec(docker: DockerDouble) -> None:
    docker.says("exec?-i?c1?bash*", "HTTP/1.0 503 Busy\r\n\r\nloading")
    assert Container("c1").post(8080, "/x", b"{}", {"A": "b"}, 5) == (503, b"loading")
    assert docker.given == "POST /x HTTP/1.0\nHost: localhost\nA: b\nContent-Length: 2\n\n{}"
    assert "/dev/tcp/127.0.0.1/8080 " in docker.asked[0]


@pytest.mark.parametrize(
    ("output", "code", "error"),
    [("Connection refused", 1, NotListeningError), ("SSH-2.0", 0, http.client.BadStatusLine)],
)
def test_who_does_not_answer_as_a_server_does_is_told(
    docker: DockerDouble, output: str, code: int, error: type[Exception]
) -> None:
    docker.says("exec*", output, code)
    with pytest.raises(error):
        Container("c1").get(8080, "/", 5)


def test_state_and_last_words_of_a_container(docker: DockerDouble) -> None:
    state = {"Status": "exited", "ExitCode": 3, "OOMKilled": False}
    docker.says("inspect*", json.dumps([{"State": state, "RestartCount": 2}]))
    docker.says("logs?--tail?8*", "one\n\ntwo \nthree\n")
    assert Container("c1").state() == State("exited", 3, out_of_memory=False, restarts=2)
    assert Container("c1").last_lines(2) == ["two", "three"]


@pytest.mark.usefixtures("docker")
def test_a_container_that_is_not_there_has_no_state_and_no_log() -> None:
    with pytest.raises(EngineError, match="unexpected: inspect"):
        Container("c1").state()
    assert Container("c1").last_lines(2) == []
