"""The programs that fill, prepare and remove volumes: what the engine is asked, and what its answers mean."""

import hashlib
import json
from pathlib import Path

import pytest

from components.commands import model_delivery, secret_delivery, traffic, volume_preparation, volume_removal
from components.errors import StackError
from tests.unit.docker_double import DockerDouble

CONFINED = "--network none --read-only --user {user} --security-opt no-new-privileges --cap-drop ALL"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what the programs are told."""
    names = {
        "VOLUME_REMOVAL": {"VOLUME": "v", "IMAGE": "i", "KEPT_UNLESS_EMPTY": "true"},
        "VOLUME_PREPARATION": {"VOLUME": "v", "IMAGE": "i", "OWNER": "1000:0"},
        "SECRET_DELIVERY": {"VOLUME": "v", "IMAGE": "i", "CONTENT": "word", "OWNER": ""},
        "TRAFFIC": {"GATEWAY": "gateway", "LANES": "documents,queries", "SERVER": "server", "CONTEXT": "512"},
    }
    for program, variables in names.items():
        for name, value in variables.items():
            monkeypatch.setenv(f"{program}_{name}", value)
    monkeypatch.setenv("PULUMI_COMMAND_STDOUT", "secret-00000000")


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([("volume?inspect*", "", 0), ("run*", "", 0), ("volume?rm*", "v", 0)], "Volume v is gone."),
        ([("volume?inspect*", "", 0), ("run*", "file", 0)], "Volume v is kept, with what is in it."),
        ([("volume?inspect*", "", 0), ("run*", "no", 1)], "Volume v is kept, with what is in it."),
        ([("volume*", "Error: No such volume: v", 1)], "Volume v is gone."),
        (
            [("volume?inspect*", "", 0), ("run*", "", 0), ("volume?rm*", "volume is in use", 1)],
            "Volume v is kept, for a container uses it",
        ),
    ],
    ids=["empty", "full", "not to be seen", "not there", "in use"],
)
def test_a_volume_goes_only_when_nothing_is_lost(
    docker: DockerDouble, answers: list[tuple[str, str, int]], told: str
) -> None:
    for pattern, output, code in answers:
        docker.says(pattern, output, code)
    assert volume_removal.work().startswith(told)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([("volume?inspect*", "denied", 1)], "Whether volume v is empty could not be seen: denied"),
        (
            [("volume?inspect*", "", 0), ("run*", "", 0), ("volume?rm*", "denied", 1)],
            "Volume v could not be removed: denied",
        ),
    ],
)
def test_a_volume_that_can_not_be_removed_is_told(
    docker: DockerDouble, answers: list[tuple[str, str, int]], told: str
) -> None:
    for pattern, output, code in answers:
        docker.says(pattern, output, code)
    with pytest.raises(StackError, match=told):
        volume_removal.work()


@pytest.mark.usefixtures("environment")
def test_a_volume_is_prepared_with_one_right(docker: DockerDouble) -> None:
    docker.says("run*")
    assert volume_preparation.work() == "volume v belongs to 1000:0"
    (asked,) = docker.asked
    assert CONFINED.format(user="0:0") in asked
    assert "--cap-add=CHOWN --volume=v:/volume --entrypoint=chown i 1000:0 /volume" in asked


@pytest.mark.usefixtures("environment")
def test_requests_of_every_lane_move_to_the_server(docker: DockerDouble) -> None:
    docker.says("exec?gateway?use-server?documents?server?300?512*")
    docker.says("exec?gateway?use-server?queries?server?300?512*")
    assert traffic.work() == "requests of documents and queries go to server"
    assert [line.split()[3] for line in docker.asked] == ["documents", "queries"]


@pytest.mark.usefixtures("environment", "docker")
@pytest.mark.parametrize(
    ("work", "told"),
    [
        (volume_preparation.work, "Volume v could not be made writable for user 1000:0: unexpected"),
        (traffic.work, "The gateway gateway does not send requests of documents to server(?s:.*)unexpected"),
        (secret_delivery.work, "unexpected: ps|unexpected: image"),
    ],
)
def test_what_the_engine_refuses_is_told_in_its_words(work: type, told: str) -> None:
    with pytest.raises(StackError, match=told):
        work()


@pytest.mark.usefixtures("environment")
def test_a_secret_goes_in_by_standard_input_and_keeps_the_files_in_use(docker: DockerDouble) -> None:
    docker.says("image?inspect*", json.dumps([{"Config": {"User": "10001:10001"}}]))
    docker.says("ps*", "c1")
    docker.says("inspect*", json.dumps([{"Args": ["--api-key-file", "/run/secrets/stack/secret-11111111"]}]))
    docker.says("run*", "secret-22222222")
    assert secret_delivery.work() == "secret-22222222"
    assert docker.given == "word"
    asked = docker.asked[-1]
    assert "word" not in asked
    assert "OWNER=10001:10001" in asked
    assert "KEPT=secret-00000000 secret-11111111" in asked
    assert CONFINED.format(user="0:0") in asked


@pytest.mark.usefixtures("environment")
def test_a_secret_that_does_not_arrive_is_told(docker: DockerDouble) -> None:
    docker.says("image?inspect*", "[{}]")
    docker.says("ps*")
    docker.says("run*", "disk full", 1)
    with pytest.raises(StackError, match=r"could not be written into volume v(?s:.*)disk full"):
        secret_delivery.work()


@pytest.fixture
def delivered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file to deliver."""
    path = tmp_path / "model.gguf"
    path.write_text("GGUF")
    digest = hashlib.sha256(b"GGUF").hexdigest()
    names = {"SOURCE": str(path), "FILE": path.name, "SHA256": digest, "VOLUME": "v", "IMAGE": "i"}
    for name, value in names.items():
        monkeypatch.setenv(f"MODEL_DELIVERY_{name}", value)
    monkeypatch.setattr(model_delivery, "TOLD_EVERY", 0.0)
    return path


@pytest.mark.usefixtures("delivered")
@pytest.mark.parametrize(
    ("there", "received", "told"),
    [(0, 0, "model.gguf is in volume v"), (1, 0, "model.gguf is in volume v, after 0 s")],
    ids=["there already", "copied"],
)
def test_a_model_file_is_copied_where_it_is_not(
    docker: DockerDouble, capsys: pytest.CaptureFixture[str], there: int, received: int, told: str
) -> None:
    docker.says("*v:/models:ro*", code=there)
    docker.says("*v:/models:rw*", code=received)
    assert model_delivery.work() == told
    if there:
        assert docker.given == "GGUF"
        assert "model.gguf: 0 of 0 MB" in capsys.readouterr().err


@pytest.mark.usefixtures("delivered")
def test_a_model_file_that_does_not_arrive_is_told(docker: DockerDouble) -> None:
    docker.says("*v:/models:ro*", code=1)
    docker.says("*v:/models:rw*", "disk full", 1)
    with pytest.raises(StackError, match=r"did not arrive in volume v(?s:.*)disk full"):
        model_delivery.work()
