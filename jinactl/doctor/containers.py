"""Reads what the Docker engine knows of a stack's containers."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from components.commands.port_check import OWNER
from components.engine.container import State
from components.engine.docker_cli import answer
from components.engine.errors import EngineError, NoEngineError
from components.engine.info import engine_id, inspect_containers
from components.startup.ending import Program
from components.startup.gateway import GATEWAY
from components.startup.node import NODE
from components.startup.server import SERVER
from jinactl.doctor.declared import Declared
from jinactl.doctor.finding import CannotLookError
from jinactl.kernels.reading import environment_of, has_gpu

JUST_STARTED = timedelta(seconds=60)
"""A container that was started again within this time crashes over and over, for all that is known."""

PROGRAMS: Mapping[str, Program] = {"gateway": GATEWAY, "node": NODE, "server": SERVER}
"""What is known of the program of each part."""


@dataclass(frozen=True, kw_only=True)
class LiveContainer:
    """A container of the stack: `part` is a key of PROGRAMS, `state` and `health` are in the engine's words.

    `image` is the id of its image; `files` are the files and folders of the engine's machine that it is given.
    """

    name: str
    part: str
    state: State
    health: str
    image: str
    files: tuple[str, ...]
    started: datetime | None
    environment: Mapping[str, str]
    has_gpu: bool

    @property
    def crashes(self) -> bool:
        """Whether the engine starts the container over and over."""
        if self.state.status == "restarting":
            return True
        return self.state.runs and self.state.restarts > 0 and self._just_started

    @property
    def _just_started(self) -> bool:
        return self.started is not None and datetime.now(UTC) - self.started < JUST_STARTED


@dataclass(frozen=True, kw_only=True)
class EngineReading:
    """What the engine tells: `said` is why none answers, else it is empty and the engine has the id `id`.

    `image` is what the engine knows the servers' declared image by; empty where it has no such image. `local` says that
    the engine appears to be on this machine.
    """

    declared: Declared
    said: str = ""
    id: str = ""
    containers: tuple[LiveContainer, ...] = ()
    image: str = ""
    local: bool = True


def read_engine(declared: Declared) -> EngineReading:
    """Ask the engine that Pulumi's provider would ask; raises CannotLookError where there is no `docker` command."""
    if not shutil.which("docker"):
        raise CannotLookError("the `docker` command is not on PATH")
    address = os.environ.get("DOCKER_HOST", "")
    local = not address or address.startswith("unix://")
    try:
        found = engine_id()
        return EngineReading(
            declared=declared,
            id=found,
            containers=tuple(map(_container, _inspected(declared))),
            image=_image_id(declared.image),
            local=local,
        )
    except NoEngineError as error:
        return EngineReading(declared=declared, said=error.said, local=local)
    except EngineError as error:
        raise CannotLookError(f"the Docker engine does not tell its containers ({error})") from error


def _inspected(declared: Declared) -> list[dict[str, Any]]:
    """Return the containers with the label of the stack, and the servers, which have none."""
    found: dict[str, dict[str, Any]] = {}
    if declared.facts.stack_id:
        labelled = inspect_containers("--all", "--filter", f"label={OWNER}={declared.facts.stack_id}")
        found |= {one["Name"]: one for one in labelled}
    names = sorted(set(declared.servers.values()))
    if names:
        asked = [part for name in names for part in ("--filter", f"name=^/?{name}$")]
        found |= {one["Name"]: one for one in inspect_containers("--all", *asked)}
    return [found[name] for name in sorted(found)]


def _container(found: Mapping[str, Any]) -> LiveContainer:
    name, state = str(found["Name"]).lstrip("/"), found["State"]
    mounts = found.get("Mounts") or []
    return LiveContainer(
        name=name,
        part=_part(name),
        state=State(
            status=str(state["Status"]),
            exit_code=int(state.get("ExitCode") or 0),
            out_of_memory=bool(state.get("OOMKilled")),
            restarts=int(found.get("RestartCount") or 0),
        ),
        health=str((state.get("Health") or {}).get("Status", "")),
        image=str(found.get("Image", "")),
        files=tuple(str(one["Source"]) for one in mounts if one.get("Type") == "bind"),
        started=_time(str(state.get("StartedAt") or "")),
        environment=environment_of(found),
        has_gpu=has_gpu(found),
    )


def _part(name: str) -> str:
    if name.endswith("-gateway"):
        return "gateway"
    return "node" if name.endswith("-elasticsearch") else "server"


def _time(told: str) -> datetime | None:
    """Return a time of the engine's, which has nanoseconds; None where it tells none."""
    try:
        return datetime.fromisoformat(told[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None


def _image_id(name: str) -> str:
    try:
        return answer(["docker", "image", "inspect", "--format", "{{.Id}}", name]) if name else ""
    except EngineError:
        return ""
