"""Locks that an update left behind: whose process is gone, alive, of another program, or on another machine."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import NotFound

from sandbox.errors import SandboxError
from sandbox.machine.process_table import processes
from sandbox.pulumi import left_behind
from sandbox.pulumi.left_behind import locks, release, remove_unrecorded

BACKEND = "file:///somewhere"
SLEEP = shutil.which("sleep") or ""


def lock(folder: Path, pid: int, host: str = "") -> Path:
    """Write a lock as Pulumi's file backend does."""
    folder.mkdir(exist_ok=True)
    file = folder / f"lock-of-{pid}.json"
    content = {"pid": pid, "username": "ann", "hostname": host or socket.gethostname()}
    file.write_text(json.dumps({**content, "timestamp": "2026-11-26T14:00:00.123+01:00"}))
    file.with_name(f"{file.name}.attrs").write_text("{}")
    return file


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Return what starts a process that looks like the CLI at work."""
    program = tmp_path / "pulumi"
    shutil.copy(SLEEP, program)
    started: list[subprocess.Popen[bytes]] = []

    def start(seconds: str = "60") -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([program, seconds], start_new_session=True))
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()


def gone() -> int:
    """Return the number of a process that has ended."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def test_a_stack_that_is_not_locked_says_nothing(tmp_path: Path) -> None:
    said: list[str] = []

    release(tmp_path / "locks", BACKEND, said.append)

    assert said == []


def test_a_lock_whose_process_is_gone_is_released_with_a_line(tmp_path: Path) -> None:
    said: list[str] = []
    pid = gone()
    lock(tmp_path / "locks", pid)

    release(tmp_path / "locks", BACKEND, said.append)

    assert list((tmp_path / "locks").iterdir()) == []
    assert said == [f"an update was killed (process {pid}, since 2026-11-26T14:00:00): its lock is released"]


def test_a_process_that_its_parent_has_not_heard_of_is_gone(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    lock(tmp_path / "locks", ended.pid)

    assert not locks(tmp_path / "locks")[0].held()
    ended.wait()


def test_another_program_that_has_the_number_now_holds_no_lock_and_lives(tmp_path: Path) -> None:
    other = subprocess.Popen([SLEEP, "60"], start_new_session=True)
    lock(tmp_path / "locks", other.pid)

    release(tmp_path / "locks", BACKEND, print)

    assert locks(tmp_path / "locks") == []
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}'])
def test_a_lock_that_was_never_written_to_its_end_is_released(content: str, tmp_path: Path) -> None:
    (tmp_path / "fileblob123").write_text(content)

    release(tmp_path, BACKEND, print)

    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_another_machine_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = lock(tmp_path / "locks", gone(), host="build-7")

    with pytest.raises(SandboxError) as refused:
        release(tmp_path / "locks", BACKEND, print)

    assert "ann on build-7" in str(refused.value)
    assert f"rm {file}" in str(refused.value)
    assert file.exists()


def test_an_update_that_runs_is_waited_for(
    tmp_path: Path, cli: Callable[..., subprocess.Popen[bytes]]
) -> None:
    running = cli("1")
    threading.Thread(target=running.wait, daemon=True).start()
    file = lock(tmp_path / "locks", running.pid)
    said: list[str] = []
    began = time.monotonic()

    release(tmp_path / "locks", BACKEND, said.append)

    assert time.monotonic() - began > 0.5
    assert f"process {running.pid} has been updating this stack" in said[0]
    assert f"kill -INT {running.pid}" in said[0]
    assert not file.exists()


@pytest.mark.parametrize(
    ("backend", "lives"),
    [
        pytest.param(BACKEND, False, id="a plugin of the killed update ends"),
        pytest.param("file:///elsewhere", True, id="what only has its number in common lives"),
    ],
)
def test_what_a_killed_update_left_running_ends(backend: str, lives: bool, tmp_path: Path) -> None:
    # The CLI leads a session; a plugin of it leads a group.
    script = f"import subprocess; print(subprocess.Popen([{SLEEP!r}, '60'], process_group=0, stdout=2).pid)"
    update = subprocess.run(
        [sys.executable, "-c", f"{script}; import os; print(os.getpid())"],
        env={**os.environ, "PULUMI_BACKEND_URL": backend},
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    plugin, pid = map(int, update.stdout.split())
    lock(tmp_path / "locks", pid)

    release(tmp_path / "locks", BACKEND, print)

    assert any(one.pid == plugin for one in processes()) is lives
    if lives:
        os.kill(plugin, signal.SIGKILL)


class Engine:
    """The containers and networks of an engine, by name."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def get(self, name: str) -> Any:
        if name not in self.names:
            raise NotFound(f"No such thing: {name}")
        return SimpleNamespace(name=name, id=f"id-of-{name}", remove=lambda **_: self.names.discard(name))


def pending(name: str, kind: str = "creating", type_: str = "container:Container") -> dict[str, Any]:
    """Return an operation as the state has it."""
    return {"type": kind, "resource": {"type": f"docker:index/{type_}", "inputs": {"name": name}}}


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        pytest.param(pending("made"), {"recorded"}, id="made and not recorded"),
        pytest.param(pending("recorded"), {"made", "recorded"}, id="made before, under the same name"),
        pytest.param(pending("absent"), {"made", "recorded"}, id="not made yet"),
        pytest.param(pending("made", "updating"), {"made", "recorded"}, id="being changed"),
        pytest.param(pending("made", type_="volume:Volume"), {"made", "recorded"}, id="a volume holds data"),
    ],
)
def test_only_a_container_that_was_made_and_not_recorded_is_removed(
    operation: dict[str, Any], left: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine("made", "recorded")
    client = SimpleNamespace(containers=engine, networks=Engine())
    monkeypatch.setattr(left_behind, "DockerClient", SimpleNamespace(from_env=lambda: client))
    said: list[str] = []

    state = {"resources": [{"id": "id-of-recorded"}], "pending_operations": [operation]}
    remove_unrecorded({"deployment": state}, said.append)

    assert engine.names == left
    assert bool(said) is ("made" not in left)
