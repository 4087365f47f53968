"""Cleans up what a killed update has left, so that the next one can begin: locks, processes, half-made things."""

import json
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.client import DockerClient
from docker.errors import NotFound

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.machine.process_table import end, has_in_environment, in_session, processes

CLI = "pulumi"
POLL_SECONDS = 0.5
ATTRIBUTES = ".attrs"
"""The ending of a file that the backend keeps beside each of its files."""

ELSEWHERE = """The stack is locked by process {pid} of {user} on {host}, since {since}.
Whether that still runs can't be seen from here. When no update of this stack runs there any more, delete the lock
and run this again:
  rm {file}"""


@dataclass(frozen=True)
class Lock:
    """A lock on a stack in Pulumi's file backend: whose it is, and its file.

    The file's fields are those of pulumi/pkg/backend/diy/lock.go. `pid` is 0 if the file is incomplete: Pulumi
    writes it in one piece, so the process that began it is gone.
    """

    file: Path
    pid: int = 0
    host: str = ""
    user: str = ""
    since: str = ""

    def held(self) -> bool:
        """Tell whether the process that took the lock is alive; another program may have its number by now."""
        return any(one.pid == self.pid and one.program.startswith(CLI) for one in processes())


def locks(folder: Path) -> list[Lock]:
    """Return the locks in `folder`, that of one stack in a file backend."""
    if not folder.is_dir():
        return []
    return [_lock(file) for file in sorted(folder.iterdir()) if file.suffix != ATTRIBUTES]


def release(folder: Path, backend: str, say: Say) -> None:
    """Release the locks in `folder`, and end what their processes left running; wait for a process that is alive.

    `backend` is the PULUMI_BACKEND_URL of the stack. Raises SandboxError for a lock of another machine.
    """
    for lock in locks(folder):
        if lock.host not in ("", socket.gethostname()):
            raise SandboxError(ELSEWHERE.format(**{**vars(lock), "file": lock.file}))
        if lock.held():
            say(
                f"process {lock.pid} has been updating this stack since {lock.since}: waiting for it to end "
                f"(`kill -INT {lock.pid}` stops it in good order)"
            )
            _wait(lock.held)
        _end_rest(lock.pid, backend)
        if lock.file.exists():
            say(f"an update was killed (process {lock.pid}, since {lock.since}): its lock is released")
        # `pulumi cancel` would delete every lock of the stack, also one that somebody takes in this moment.
        for file in (lock.file, lock.file.with_name(f"{lock.file.name}{ATTRIBUTES}")):
            file.unlink(missing_ok=True)


def remove_unrecorded(state: Mapping[str, Any], say: Say) -> None:
    """Remove the containers and networks that a killed update had made but not yet recorded.

    `state` is what `pulumi stack export` gives. They hold no data, and they would block the next update, which uses the
    same names. Everything else that this project declares can be made again over what is there.
    """
    deployment = state["deployment"]
    recorded = {one.get("id") for one in deployment.get("resources", [])}
    engine = DockerClient.from_env()
    kinds = {
        "docker:index/container:Container": engine.containers,
        "docker:index/network:Network": engine.networks,
    }
    for operation in deployment.get("pending_operations", []):
        resource = operation["resource"]
        if operation["type"] != "creating" or resource["type"] not in kinds:
            continue
        name = resource["inputs"]["name"]
        try:
            found = kinds[resource["type"]].get(name)
        except NotFound:
            continue
        if found.name == name and found.id not in recorded:
            say(f"{name} was being made when an update was killed: it is made again")
            found.remove(**({"force": True} if "container:" in resource["type"] else {}))


def _lock(file: Path) -> Lock:
    try:
        content = json.loads(file.read_text())
        return Lock(file, content["pid"], content["hostname"], content["username"], content["timestamp"][:19])
    except (OSError, ValueError, KeyError, TypeError):
        return Lock(file)


def _wait(held: Callable[[], bool]) -> None:
    while held():
        time.sleep(POLL_SECONDS)


def _end_rest(pid: int, backend: str) -> None:
    """End the plugins of an update whose process `pid`, the leader of their session, is gone."""
    if not pid or any(one.pid == pid for one in processes()):
        return  # another process has the number, so nothing of that session is left
    end(one for one in in_session(pid) if has_in_environment(one, f"PULUMI_BACKEND_URL={backend}"))
