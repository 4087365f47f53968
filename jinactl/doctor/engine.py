"""Looks at the Docker engine and the stack's containers."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from components.commands import port_check
from components.engine.container import Container
from components.settings.onednn import BACKEND
from components.startup.ending import KILLED, advice
from jinactl.doctor.containers import PROGRAMS, EngineReading, LiveContainer
from jinactl.doctor.finding import CannotLookError, Check, Finding
from jinactl.kernels.reading import start_of_log
from jinactl.kernels.said import multiplying

ENDED_WHEN_TOLD = (0, 143, KILLED)
"""Exit codes of a program that was told to end, by `docker stop` say, and did, or was killed for taking its time."""

Look = Callable[[EngineReading], Iterable[Finding]]


def _unreachable(engine: EngineReading) -> Iterator[Finding]:
    if engine.said:
        yield Finding(
            what=f"no Docker engine answers ({' '.join(engine.said.split())})",
            remedy="start it (`sudo systemctl start docker`), or set DOCKER_HOST to the address of the stack's engine",
        )


def _another(engine: EngineReading) -> Iterator[Finding]:
    known = engine.declared.engine
    if not known:
        raise CannotLookError("the outputs do not name the stack's engine: `pulumi up` adds it")
    if engine.id != known:
        yield Finding(
            what=f"the Docker engine that answers has the id {engine.id}, and the stack lives on {known}",
            remedy="set DOCKER_HOST to the address of the stack's engine",
        )


def _missing(engine: EngineReading) -> Iterator[Finding]:
    declared = engine.declared
    names = {one.name for one in engine.containers}
    absent = sorted({name for name in declared.servers.values() if name not in names})
    parts = {one.part for one in engine.containers}
    if declared.facts.stack_id:  # of these nothing but the label is known
        absent += ["of the gateway"] if "gateway" not in parts else []
        absent += ["of the Elasticsearch node"] if declared.node_volume and "node" not in parts else []
    for one in absent:
        yield Finding(what=f"there is no container {one}", remedy="pulumi up --refresh")


def _stopped(engine: EngineReading) -> Iterator[Finding]:
    for one in engine.containers:
        state = one.state
        if state.runs or one.crashes:
            continue
        told = f"container {one.name} is {state.status}"
        if state.status == "paused":
            yield Finding(what=told, remedy=f"docker unpause {one.name}")
        elif state.exit_code in ENDED_WHEN_TOLD and not state.out_of_memory:
            yield Finding(what=told, remedy=f"docker start {one.name}")
        else:
            yield Finding(what=f"{told}, with exit code {state.exit_code}", remedy=_advice(one))


def _restarting(engine: EngineReading) -> Iterator[Finding]:
    for one in engine.containers:
        if one.crashes:
            times = f", {one.state.restarts} times so far" if one.state.restarts else ""
            code = "" if one.state.runs else f" with exit code {one.state.exit_code}"
            yield Finding(
                what=f"container {one.name} ends{code} and is started over and over{times}",
                remedy=_advice(one),
            )


def _advice(one: LiveContainer) -> str:
    program = PROGRAMS[one.part]
    lines = Container(one.name).last_lines(program.searched)
    return f"{advice(program, one.state, lines)} (docker logs {one.name})"


def _unhealthy(engine: EngineReading) -> Iterator[Finding]:
    for one in engine.containers:
        if one.state.runs and not one.crashes and one.health == "unhealthy":
            lost = (
                " (on cuda it has lost its GPU: `nvidia-smi` must work first)" if one.part == "server" else ""
            )
            yield Finding(
                what=f"container {one.name} is unhealthy{lost}; `docker logs {one.name}` may say why",
                remedy=f"docker restart {one.name}",
            )


def _kernels(engine: EngineReading) -> Iterator[Finding]:
    for one in engine.containers:
        if (
            one.part != "server"
            or one.started is None
            or not one.state.runs
            or BACKEND not in one.environment
        ):
            continue
        log = start_of_log(one.name, one.started.isoformat())
        told = multiplying(one.environment, log, has_gpu=one.has_gpu)
        if told.failed:
            yield Finding(
                what=f"container {one.name} multiplies by {told.text}",
                remedy="pulumi up (builds the image of this version), or pulumi config set serverOnednn off && pulumi "
                "up (nothing is tried then); `jinactl bench` measures which is faster",
            )


def _other_image(engine: EngineReading) -> Iterator[Finding]:
    wanted = engine.declared.image
    if not wanted:
        raise CannotLookError("the outputs do not name the servers' image")
    for one in engine.containers:
        if one.part == "server" and one.image not in (wanted, engine.image):
            yield Finding(
                what=f"container {one.name} is of image {_short(one.image)}, and the stack declares {_short(wanted)}",
                remedy="pulumi up --refresh",
            )


def _short(image: str) -> str:
    return image.removeprefix("sha256:")[:12]


def _port_taken(engine: EngineReading) -> Iterator[Finding]:
    declared = engine.declared
    wanted = [("serverPort", declared.server_url, "gateway")]
    if declared.node_volume:
        wanted.append(("elasticsearchPort", declared.facts.connection.url, "node"))
    for setting, url, part in wanted:
        address, port = urlsplit(url).hostname, urlsplit(url).port
        if address and port:
            name = next((one.name for one in engine.containers if one.part == part), "")
            yield from _holder(engine, setting, address, port, name)


def _holder(
    engine: EngineReading, setting: str, address: str, port: int, container: str
) -> Iterator[Finding]:
    owner = engine.declared.facts.stack_id
    check = port_check.Check(
        address=address, port=port, container=container, owner=owner, setting=setting, local=engine.local
    )
    holders = port_check.read_holders(check)
    another = (
        f"`pulumi config set {setting} {port % port_check.LAST_PORT + 1} && pulumi up` takes another port"
    )
    for name, stack in holders:
        if name != container and (not owner or stack != owner):
            yield Finding(
                what=f"port {port} belongs to container {name}", remedy=f"docker stop {name}, or {another}"
            )
    if not holders and check.local and not port_check.can_be_had(address, port):
        yield Finding(
            what=f"port {port} is taken by a program of this machine that is no container",
            remedy=f"end it (`ss -ltnp 'sport = :{port}'` shows it), or {another}",
        )


def _file_missing(engine: EngineReading) -> Iterator[Finding]:
    if not engine.local:
        raise CannotLookError("the engine is on another machine, whose files cannot be seen from here")
    for file in sorted({file for one in engine.containers for file in one.files}):
        if os.access(Path(file).parent, os.X_OK) and not Path(file).exists():
            yield Finding(
                what=f"the model file {file} is gone, and its server cannot start again without it",
                remedy="pulumi up --replace '**ModelFile::model'",
            )


def _answering(look: Look) -> Look:
    """Return a check that looks only where the stack's engine answers."""

    def looks(engine: EngineReading) -> Iterable[Finding]:
        if engine.said:
            raise CannotLookError("no Docker engine answers")
        return look(engine)

    return looks


def _on_the_stacks(look: Look) -> Look:
    """Return a check that looks only where the engine that answers is not known to be another than the stack's."""

    def looks(engine: EngineReading) -> Iterable[Finding]:
        if engine.declared.engine and engine.id != engine.declared.engine:
            raise CannotLookError("the Docker engine that answers is not the stack's")
        return look(engine)

    return _answering(looks)


CHECKS = (
    Check("engine-unreachable", _unreachable),
    Check("engine-another", _answering(_another)),
    Check("container-missing", _on_the_stacks(_missing)),
    Check("container-stopped", _on_the_stacks(_stopped)),
    Check("container-restarting", _on_the_stacks(_restarting)),
    Check("container-unhealthy", _on_the_stacks(_unhealthy)),
    Check("server-kernels", _on_the_stacks(_kernels)),
    Check("container-image", _on_the_stacks(_other_image)),
    Check("port-taken", _on_the_stacks(_port_taken)),
    Check("model-file-missing", _on_the_stacks(_file_missing)),
)
