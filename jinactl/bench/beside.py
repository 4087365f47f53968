"""Measures other values of settings in a server beside the running one, by turns with it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from components.elasticsearch.errors import EmbeddingError
from components.engine.errors import EngineError
from components.say import Say
from jinactl.bench.choices import Choice, choices
from jinactl.bench.lane import BusyLaneError
from jinactl.bench.load import Amount, Target, embed_for
from jinactl.bench.running import PARAGRAPH, Running
from jinactl.beside.server import ServerTemplate, read_template, remove_left_servers, temporary_server
from jinactl.errors import CommandError
from jinactl.kernels.reading import of_container
from jinactl.outputs import ServedModel

TURNS, SECONDS = 2, 2.0
"""How often each of the two servers has its turn, and for how long; one that is begun is ended."""

NEEDED = 16.0
"""Seconds that must be left for another value to be measured, of which a server may take some to become ready."""

STARTS_WITHIN = 20.0
ROOM = 2_000_000_000
"""Bytes of memory that must be free beside those of a model file: a server's buffers, and packed weights."""

MEMORY = Path("/proc/meminfo")


@dataclass(frozen=True)
class Compared:
    """Another value of a setting: what a server with it embedded, and the running one in its turns."""

    choice: Choice
    its: Amount
    running: Amount

    @property
    def times(self) -> float:
        """How many times as fast it is as the running one."""
        return self.its.rate / self.running.rate


@dataclass(frozen=True)
class Beside:
    """What was compared, and why the rest was not: by name of the setting and value, or "" for all of it."""

    compared: Sequence[Compared]
    not_measured: dict[str, str]


def compare(served: ServedModel, running: Running, until: float, say: Say) -> Beside:
    """Measure one after the other whatever can be measured until a time of `time.monotonic`.

    Raises BusyLaneError where documents of others come meanwhile.
    """
    try:
        wanted = list(_wanted(served))
    except CommandError as error:
        return Beside([], {"": str(error)})
    compared: list[Compared] = []
    refused: dict[str, str] = {}
    for choice in wanted:
        if until - time.monotonic() < NEEDED:
            refused[choice.name] = "the minute is over"
            continue
        say(f"measuring {choice.name} in a server beside the stack's")
        try:
            compared.append(_compared(served, running, choice))
        except _NotMeasuredError as error:
            refused[choice.name] = str(error)
    return Beside(compared, refused)


class _NotMeasuredError(CommandError):
    """A value of a setting cannot be measured; the message says why."""


def _wanted(served: ServedModel) -> Iterator[Choice]:
    template = _template(served)
    multiplying = of_container(served.container)
    return choices(served, template, multiplies_on_gpu=multiplying.kernels == "cuda")


def _template(served: ServedModel) -> ServerTemplate:
    with suppress(EngineError):
        remove_left_servers()
    template = read_template(served.container)
    if not Path(served.file).exists():
        raise CommandError(f"the model file {served.file} is not on this machine")
    if (free := _free_memory()) is not None and free < Path(served.file).stat().st_size + ROOM:
        raise CommandError(f"a second server needs more memory than is free ({free / 1e9:.1f} GB)")
    return template


def _free_memory() -> int | None:
    """Return how many bytes of memory this machine can give to programs; None where it is not told so."""
    with suppress(OSError):
        for line in MEMORY.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _compared(served: ServedModel, running: Running, choice: Choice) -> Compared:
    try:
        started = temporary_server(choice.template, choice.model, served.name, ready_within=STARTS_WITHIN)
        with started as beside:
            told = of_container(beside.container)
            if choice.setting == "serverOnednn" and choice.value != "off" and told.kernels == "llama.cpp":
                raise _NotMeasuredError(told.why)
            target = Target(url=beside.url, model=served.name, prefix=served.prefixes["document"])
            return _by_turns(choice, running, _of(target, running))
    except BusyLaneError:
        raise
    except (CommandError, EmbeddingError) as error:
        raise _NotMeasuredError(str(error).partition("\n")[0]) from error


def _of(target: Target, running: Running) -> Callable[[float], Amount]:
    return lambda seconds: embed_for(target, running.texts, PARAGRAPH, seconds)


def _by_turns(choice: Choice, running: Running, its: Callable[[float], Amount]) -> Compared:
    its(0)  # what is done once is done
    found = [(its(SECONDS), running.embed_for(PARAGRAPH, SECONDS)) for _ in range(TURNS)]
    return Compared(
        choice,
        its=sum((one for one, _ in found), Amount(0, 0.0)),
        running=sum((one for _, one in found), Amount(0, 0.0)),
    )
