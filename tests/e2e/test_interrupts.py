"""The demo, stopped at random moments: the same command, run again, is green, and every document is there.

Each case types Ctrl-C in a terminal of its own, closes it, or kills processes, as what stops people's runs does. The
moments are drawn from SEED, as parts of the time that an undisturbed run takes on this machine, and are in the names of
the tests; `pytest -m exhaustive` on this file runs the rest of the ten of each kind.
"""

import random
import re
import time
from collections.abc import Callable, Iterator

import pytest

from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from sandbox.machine.cache import cache_root
from sandbox.machine.process_table import has_in_environment, processes
from sandbox.models.library import ensure_model
from sandbox.preparation import Prepared
from sandbox.pulumi.stack import SandboxStack
from tests.e2e.conftest import remove_left_overs
from tests.fixtures.terminal import Terminal

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

NAME = "interrupted"
SEED = 13
FEW, MANY = 2, 10
ENDS_WITHIN, GREEN_WITHIN = 120.0, 400.0


def moments(seed: int) -> list[object]:
    """Return the moments of a kind of case as parts of a run, all but a few of them left to the exhaustive run."""
    drawn = [random.Random(seed + case).random() for case in range(MANY)]  # noqa: S311
    return [
        pytest.param(case, part, id=f"{part:.0%}", marks=[] if case < FEW else pytest.mark.exhaustive)
        for case, part in enumerate(drawn)
    ]


class Demo:
    """The demo under a name of its own, beside the one that a person may have on this machine."""

    def __init__(self, prepared: Prepared) -> None:
        self.stack = SandboxStack(NAME, cache_root() / "demo", prepared.environment)
        self.first_seconds = self.change_seconds = 0.0
        """How long an undisturbed first run takes, and one that changes quant and dims."""

    def run(self, quant: str = "", dims: str = "") -> Terminal:
        return Terminal(["make", "demo", f"STACK={NAME}", f"QUANT={quant}", f"DIMS={dims}"])

    def green(self, quant: str = "", dims: str = "") -> str:
        """Run the demo to its end, and return what it wrote."""
        terminal = self.run(quant, dims)
        exit_code = terminal.wait(GREEN_WITHIN)
        assert exit_code == 0, terminal.output
        return terminal.output

    def change(self) -> tuple[str, str]:
        """Return another quant and other dims than the stack has, to change both."""
        settings = self.stack.settings
        quant = "Q8_0" if settings.get("quant", "F16") == "F16" else "F16"
        dims = "256" if str(settings.get("dims", 768)) == "768" else "768"
        return quant, dims

    def documents(self) -> set[str]:
        """Return the ids of all documents."""
        outputs = self.stack.outputs()
        with self._client() as client:
            found = client.request("GET", f"/{outputs['index']}/_search", {"size": 100, "_source": False})
        return {hit["_id"] for hit in found["hits"]["hits"]}

    def write(self, name: str) -> None:
        with self._client() as client:
            body = {"content": "A document of mine."}
            client.request("PUT", f"/{self.stack.outputs()['index']}/_doc/{name}?refresh=true", body)

    def forget(self) -> None:
        """Leave nothing of the stack, in the engine and in the state."""
        self.stack.recover(print)
        remove_left_overs(NAME)
        if self.stack.settings:
            self.stack.ensure()
            self.stack.remove(force=True)

    def left_running(self) -> list[str]:
        """Return the programs of an update that still run."""
        backend = f"PULUMI_BACKEND_URL={self.stack.backend_url}"
        return [one.program for one in processes() if has_in_environment(one.pid, backend)]

    def _client(self) -> Client:
        outputs = self.stack.outputs()
        url, user, password = (outputs[f"elasticsearch{key}"] for key in ("Url", "User", "Password"))
        return Client(Connection(url=url, user=user, password=password))


@pytest.fixture(scope="module")
def demo(prepared: Prepared) -> Iterator[Demo]:
    ensure_model(cache_root(), print, "Q8_0")
    one = Demo(prepared)
    one.forget()
    began = time.monotonic()
    one.green()
    one.first_seconds = time.monotonic() - began
    one.green(*one.change())
    one.change_seconds = time.monotonic() - began - one.first_seconds
    yield one
    one.forget()


@pytest.fixture
def nothing(demo: Demo) -> Demo:
    """Return the demo before its first run."""
    demo.forget()
    return demo


@pytest.fixture
def running(demo: Demo) -> Demo:
    """Return the demo with a document of somebody's; every test leaves it running."""
    if not demo.stack.settings:
        demo.green()
    demo.write("mine")
    return demo


def stopped(terminal: Terminal, moment: float, stop: Callable[[Terminal], None]) -> int | None:
    """Stop a run after `moment` seconds, unless it ended before, and return its exit code."""
    try:
        exit_code = terminal.wait(moment)
    except TimeoutError:
        stop(terminal)
    else:
        print(f"ended before {moment:.1f} s")
        return exit_code
    began = time.monotonic()
    exit_code = terminal.wait(ENDS_WITHIN)
    print(f"stopped after {moment:.1f} s, ended {time.monotonic() - began:.1f} s later")
    return exit_code


def type_ctrl_c(terminal: Terminal) -> None:
    terminal.type("\x03")


@pytest.mark.parametrize(("case", "part"), moments(SEED))
def test_after_a_ctrl_c_in_the_first_run_the_next_is_green(nothing: Demo, case: int, part: float) -> None:
    first = nothing.run()

    exit_code = stopped(first, part * nothing.first_seconds, type_ctrl_c)

    assert exit_code == 0 or re.search("Stopped. Run it again|Interrupt", first.output), first.output
    assert "received; terminating" not in first.output
    assert nothing.left_running() == []
    again = nothing.green()
    assert "locked" not in again
    assert len(nothing.documents()) == 10, case


@pytest.mark.parametrize(("case", "part"), moments(SEED + 100))
def test_after_a_ctrl_c_in_a_change_the_next_run_is_green(running: Demo, case: int, part: float) -> None:
    quant, dims = running.change()
    before = running.documents()
    change = running.run(quant, dims)

    exit_code = stopped(change, part * running.change_seconds, type_ctrl_c)

    assert exit_code == 0 or re.search("Stopped. Run it again|Interrupt", change.output), change.output
    assert "received; terminating" not in change.output
    assert running.left_running() == []
    again = running.green(quant, dims)
    assert f"Search at quant {quant}, dims {dims}" in again
    assert "locked" not in again
    assert running.documents() == before, case


def close(terminal: Terminal) -> None:
    terminal.close()


def type_ctrl_c_twice(terminal: Terminal) -> None:
    terminal.type("\x03")
    time.sleep(1)
    terminal.type("\x03")


def terminate_make(terminal: Terminal) -> None:
    terminal.terminate()


def kill_the_update(terminal: Terminal) -> None:
    terminal.kill(cli=True)


def kill_make_and_the_demo(terminal: Terminal) -> None:
    terminal.kill(command=True)


def kill_everything(terminal: Terminal) -> None:
    terminal.kill(command=True, cli=True)


@pytest.mark.parametrize(
    "stop",
    [
        close,
        kill_everything,
        *(
            pytest.param(one, marks=pytest.mark.exhaustive)
            for one in (type_ctrl_c_twice, terminate_make, kill_the_update, kill_make_and_the_demo)
        ),
    ],
)
def test_after_any_other_end_of_a_change_the_next_run_is_green(
    running: Demo, stop: Callable[[Terminal], None]
) -> None:
    before = running.documents()
    quant, dims = running.change()
    change = running.run(quant, dims)
    part = random.Random(f"{SEED} {stop.__name__}").random()  # noqa: S311

    stopped(change, part * running.change_seconds, stop)

    running.green(quant, dims)
    assert running.left_running() == []
    assert running.documents() == before
