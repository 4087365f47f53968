"""`pulumi up` in a process that can be killed: the engine knows what the resources reported before that."""

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from typing import Any

from components.backoff import Patience
from components.elasticsearch.dynamic.index import IndexProvider
from components.elasticsearch.errors import ElasticsearchError
from components.elasticsearch.generations import frozen_pipeline
from components.elasticsearch.migration import carrier
from components.elasticsearch.migration.carrier import Pace
from tests.contract.elasticsearch.stack_resources import StackResources, Wanted

State = dict[str, dict[str, Any]]

PORTION = 12
"""Documents in a portion, so that few documents make several."""
PACE = Pace(patience=Patience(limit=60.0, first_pause=0.1, longest_pause=0.5), portion=0.0)

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["tests.contract.migration.upgrade", "elasticsearch"])


@dataclass(frozen=True)
class Settings:
    """The pace of the migration; `settle` is in seconds, see frozen.SETTLE_SECONDS."""

    pace: Pace = PACE
    portion: int = PORTION
    settle: float = 0.0


def use(settings: Settings, put: Callable[[object, str, object], None] = setattr) -> None:
    """Apply the settings; `put` sets an attribute, and may undo that later."""
    for name in ("FIRST_PORTION", "BATCH"):
        put(carrier, name, dict.fromkeys(("copy", "slice", "re-embed"), settings.portion))
    put(frozen_pipeline, "SETTLE_SECONDS", settings.settle)
    put(IndexProvider, "pace", settings.pace)


class _Reported(State):
    """A state that reports each resource as soon as the resource is done."""

    def __init__(self, state: State, pipe: Pipe) -> None:
        super().__init__(state)
        self._pipe = pipe

    def __setitem__(self, name: str, outputs: dict[str, Any]) -> None:
        super().__setitem__(name, outputs)
        self._pipe.send((name, outputs))


def _run(state: State, wanted: Wanted, settings: Settings, pipe: Pipe) -> None:
    use(settings)
    try:
        StackResources(_Reported(state, pipe)).up(wanted)
    except ElasticsearchError as error:
        pipe.send(("", {"error": str(error)}))


@dataclass
class Upgrade:
    """A running update; `process` may be killed at any time."""

    process: BaseProcess
    pipe: Pipe
    state: State
    error: str = ""

    def kill(self) -> None:
        """End the process with SIGKILL; no request reaches the node after this returns."""
        self.process.kill()
        self.process.join()

    def wait(self) -> StackResources:
        """Wait for the update to end; return the stack as the engine would know it then.

        `error` then holds the message of the update's error, if it failed.
        """
        while True:
            try:
                name, outputs = self.pipe.recv()
            except (EOFError, OSError):
                break
            if name:
                self.state[name] = outputs
            else:
                self.error = str(outputs["error"])
        self.process.join()
        return StackResources(self.state)


def start_upgrade(stack: StackResources, wanted: Wanted, settings: Settings | None = None) -> Upgrade:
    """Start `pulumi up` in a process of its own."""
    state = {name: dict(outputs) for name, outputs in stack.state.items()}
    ours, theirs = _processes.Pipe(duplex=False)
    wanted.start_gateway()
    reachable = replace(wanted, gateway=None)
    process = _processes.Process(
        target=_run, args=(state, reachable, settings or Settings(), theirs), daemon=True
    )
    process.start()
    theirs.close()
    return Upgrade(process, ours, state)
