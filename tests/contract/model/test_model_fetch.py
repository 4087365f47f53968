"""The program in the gateway's image that puts the model into place on a cluster, against a Hub on a real socket."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from model_fetch.download import fetch
from model_fetch.wanted import ModelError, read_wanted

from sandbox.hub.faults import Fault
from sandbox.hub.server import Hub
from tests.contract.model.conftest import OTHER_TOKEN, SIZE, TOKEN, Model, wait_until
from tests.contract.model.test_disk import small_disk  # noqa: F401 (a fixture)
from tests.fixtures.gateway_image import build_gateway_image
from tests.unit.docker.dockerfile import FOLDER

PROGRAM = [sys.executable, "-m", "model_fetch"]


class Fetching:
    """The program for one model; `folder` is where the file belongs."""

    def __init__(self, hub: Hub, model: Model, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.file, self.part = folder / model.file, folder / f"{model.file}.part"
        self.environment = {
            "PATH": os.environ["PATH"],
            "MODEL_ENDPOINT": hub.endpoint,
            "MODEL_REPOSITORY": model.repository,
            "MODEL_COMMIT": model.commit,
            "MODEL_FILE": model.file,
            "MODEL_SHA256": model.sha256,
            "MODEL_FOLDER": str(folder),
        }

    def start(self, **changes: str) -> subprocess.Popen[str]:
        environment = self.environment | {f"MODEL_{name}": value for name, value in changes.items()}
        return subprocess.Popen(
            PROGRAM,
            cwd=FOLDER,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, **changes: str) -> tuple[int, str]:
        """Return the exit code and what was said."""
        with self.start(**changes) as process:
            said = process.communicate(timeout=120)[0]
        assert "Traceback" not in said
        assert TOKEN not in said
        return process.returncode, said


@pytest.fixture
def fetching(hub: Hub, model: Model, tmp_path: Path) -> Fetching:
    return Fetching(hub, model, tmp_path / "volume")


@pytest.mark.sandbox
def test_the_image_of_the_gateway_has_the_program(hub: Hub, model: Model, fetching: Fetching) -> None:
    """As in a pod: not root, the image's files read-only, and a volume for the model."""
    fetching.file.parent.chmod(0o777)
    command = [
        "docker",
        "run",
        "--rm",
        "--network=host",
        "--read-only",
        "--cap-drop=ALL",
        "--user=10001:10001",
    ]
    command += ["--security-opt=no-new-privileges", f"--volume={fetching.file.parent}:/models"]
    settings = fetching.environment | {"MODEL_FOLDER": "/models"}
    command += [f"--env={name}={value}" for name, value in settings.items() if name.startswith("MODEL_")]
    command += ["--entrypoint=python3", build_gateway_image(), "-m", "model_fetch"]
    for said in ("fetched and verified", "verified"):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.startswith(f"{said}: /models/{model.file}")
    assert fetching.file.read_bytes() == model.content
    assert len(ranges(hub)) == 1


def ranges(hub: Hub) -> list[str]:
    return [asked.range for asked in hub.asked if asked.server == "storage"]


def test_the_file_is_fetched_once_and_verified_at_every_start(
    hub: Hub, model: Model, fetching: Fetching
) -> None:
    code, said = fetching.run()
    assert (code, "fetched and verified" in said) == (0, True), said
    assert fetching.file.read_bytes() == model.content
    assert not fetching.part.exists()
    asked = len(hub.asked)
    for wanted in ("true", "false"):
        code, said = fetching.run(FETCH=wanted, ENDPOINT=hub.endpoint if wanted == "true" else "")
        assert (code, said.startswith("verified")) == (0, True), said
    assert len(hub.asked) == asked


@pytest.mark.parametrize(
    ("faults", "asked"),
    [
        ([Fault(cut_after=1_000_000)], ["", "bytes=1000000-"]),
        ([Fault(cut_after=1_000_000), Fault(cut_after=500_000)], ["", "bytes=1000000-", "bytes=1500000-"]),
        ([Fault(cut_after=1_000_000), Fault(ignore_range=True)], ["", "bytes=1000000-"]),
        ([Fault(cut_after=0)], ["", ""]),
        ([Fault(status=503, retry_after=1)], [""]),
        ([Fault(status=429, bare=True)], [""]),
    ],
)
def test_it_goes_on_where_a_connection_broke_off(
    hub: Hub, model: Model, fetching: Fetching, faults: list[Fault], asked: list[str]
) -> None:
    for fault in faults:
        hub.faults.add(fault)
    code, said = fetching.run()
    assert (code, said.count("Trying again")) == (0, len([one for one in faults if not one.ignore_range]))
    assert ranges(hub) == asked
    assert fetching.file.read_bytes() == model.content


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGKILL])
def test_it_goes_on_where_it_was_stopped(
    hub: Hub, model: Model, fetching: Fetching, stop: signal.Signals
) -> None:
    hub.faults.add(Fault(bytes_per_second=1_000_000))
    with fetching.start() as process:
        wait_until(lambda: fetching.part.exists() and fetching.part.stat().st_size > 500_000)
        process.send_signal(stop)
        process.communicate(timeout=30)
    assert process.returncode == (143 if stop == signal.SIGTERM else -9)
    came = fetching.part.stat().st_size
    assert fetching.run()[0] == 0
    assert ranges(hub)[-1] == f"bytes={came}-"
    assert fetching.file.read_bytes() == model.content


def test_a_part_that_has_all_of_it_is_put_into_place_unfetched(
    hub: Hub, model: Model, fetching: Fetching
) -> None:
    fetching.part.write_bytes(model.content)
    assert fetching.run()[0] == 0
    assert [asked.status for asked in hub.asked if asked.server == "storage"] == [416]
    assert fetching.file.read_bytes() == model.content


@pytest.mark.parametrize("before", ["corrupt", "longer", "other"])
def test_wrong_bytes_are_removed_and_the_next_start_fetches_the_right_ones(
    hub: Hub, model: Model, fetching: Fetching, before: str
) -> None:
    if before == "corrupt":
        hub.faults.add(Fault(corrupt=True))
    else:
        fetching.part.write_bytes(bytes(SIZE * 2 if before == "longer" else 1000))
    code, said = fetching.run()
    assert (code, f"{model.sha256} is wanted: it was removed" in said) == (1, True), said
    assert not fetching.part.exists()
    assert not fetching.file.exists()
    assert fetching.run()[0] == 0


def test_another_file_in_its_place_is_replaced(model: Model, fetching: Fetching) -> None:
    fetching.file.write_bytes(b"GGUF of another quant")
    code, said = fetching.run()
    assert (code, "another file is wanted" in said) == (0, True)
    assert fetching.file.read_bytes() == model.content


@pytest.mark.parametrize(("there", "said"), [("", "is not there"), ("other", "has the SHA-256")])
def test_where_nothing_is_to_be_fetched_it_tells_what_to_put_there(
    hub: Hub, model: Model, fetching: Fetching, there: str, said: str
) -> None:
    if there:
        fetching.file.write_text(there)
    code, told = fetching.run(FETCH="false", TOKEN_FILE="/nothing", ENDPOINT="")
    assert code == 1
    for part in (said, model.sha256, f"put {model.file} of {model.repository} at {model.commit}"):
        assert part in told
    assert hub.asked == []
    assert fetching.file.exists() == bool(there)


@pytest.mark.parametrize(
    ("changes", "fault", "said"),
    [
        ({"FILE": "other.gguf"}, None, ["HTTP 404", "modelFile"]),
        ({"REPOSITORY": "tests/nothing"}, None, ["HTTP 401", "No token was sent", "modelTokenSecret"]),
        ({}, Fault(status=403), ["HTTP 403", "No token was sent"]),
        ({}, Fault(status=418), ["HTTP 418", "modelHubEndpoint"]),
    ],
)
def test_what_is_refused_for_good_is_asked_for_once(
    hub: Hub, fetching: Fetching, changes: dict[str, str], fault: Fault | None, said: list[str]
) -> None:
    if fault:
        hub.faults.add(fault)
    code, told = fetching.run(**changes)
    assert code == 1
    assert len(hub.asked) == 1
    for part in said:
        assert part in told


@pytest.mark.parametrize(("token", "code"), [(TOKEN, 0), (OTHER_TOKEN, 1)])
def test_the_token_goes_to_the_hub_and_not_to_its_storage(
    hub: Hub, model: Model, fetching: Fetching, tmp_path: Path, token: str, code: int
) -> None:
    (tmp_path / "token").write_text(f"{token}\n")
    model.publish(model.content, gated=True, readers=frozenset({TOKEN}))
    ended, said = fetching.run(TOKEN_FILE=str(tmp_path / "token"), COMMIT=model.commit)
    assert (ended, token in said) == (code, False), said
    tokens = {(asked.server, asked.token) for asked in hub.asked}
    assert tokens == {("hub", token)} | ({("storage", "")} if code == 0 else set())


def test_the_token_goes_with_a_redirect_within_the_hub(
    hub: Hub, model: Model, fetching: Fetching, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    model.publish(model.content, private=True, readers=frozenset({TOKEN}))
    moved = f"/{model.repository}/resolve/{model.commit}/{model.file}"
    hub.faults.add(Fault(status=307, headers={"Location": moved}))
    assert fetching.run(TOKEN_FILE=str(tmp_path / "token"), COMMIT=model.commit)[0] == 0
    assert [asked.token for asked in hub.asked] == [TOKEN, TOKEN, ""]


def test_a_full_volume_is_told_and_what_came_is_kept(
    hub: Hub,
    model: Model,
    small_disk: Path,  # noqa: F811 (the fixture)
) -> None:
    fetching = Fetching(hub, model, small_disk)
    other = small_disk / "other"
    other.write_bytes(bytes(2_000_000))
    code, said = fetching.run()
    assert code == 1
    assert "has no room: the whole file has 3 MB" in said
    assert "kubernetesModelStorage" in said
    other.unlink()
    assert fetching.run()[0] == 0
    assert ranges(hub)[-1] != ""


def test_a_proxy_is_asked_where_one_is_set(fetching: Fetching, hub: Hub, model: Model) -> None:
    """The Hub's own server takes the place of the proxy: a proxy is sent whole addresses."""
    fetching.environment |= {"http_proxy": hub.endpoint, "no_proxy": ""}
    fetching.run(ENDPOINT="http://hub.test")
    assert hub.asked[0].path == (f"http://hub.test/{model.repository}/resolve/{model.commit}/{model.file}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SHA256": ""}, "MODEL_SHA256"),
        ({"SHA256": hashlib.sha1(b"").hexdigest()}, "MODEL_SHA256"),  # noqa: S324 (not one that is accepted)
        ({"FILE": "../model.gguf"}, "MODEL_FILE"),
        ({"ENDPOINT": "file:///etc"}, "MODEL_ENDPOINT"),
        ({"COMMIT": ""}, "MODEL_COMMIT"),
        ({"TOKEN_FILE": "/nothing"}, "modelTokenSecret"),
    ],
)
def test_settings_that_can_not_be_meant_are_refused(
    hub: Hub, fetching: Fetching, changes: dict[str, str], said: str
) -> None:
    code, told = fetching.run(**changes)
    assert (code, said in told) == (1, True)
    assert hub.asked == []


def test_it_gives_up_where_nothing_ever_comes(
    fetching: Fetching, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    wanted = read_wanted(fetching.environment | {"MODEL_ENDPOINT": "http://127.0.0.1:1"})
    with pytest.raises(ModelError, match="Can this pod reach that host"):
        fetch(wanted)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert capsys.readouterr().out.count("Trying again") == len(pauses)
