"""How the real CLI handles an update that is interrupted or killed during a step, and what the next update finds."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from docker.client import DockerClient
from docker.errors import NotFound

from sandbox.docker.debian_images import BOOKWORM_SLIM, ensure_debian
from sandbox.docker.engine import ensure_engine
from sandbox.machine.cache import cache_root
from sandbox.machine.interrupts import Stopped, stoppable
from sandbox.machine.process_table import has_in_environment, processes
from sandbox.pulumi.cli import ensure_cli
from sandbox.pulumi.command import Finished
from sandbox.pulumi.environment import pulumi_environment
from sandbox.pulumi.stack import SandboxStack

pytestmark = pytest.mark.sandbox

PROVIDER = """
import time
from pathlib import Path
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class SlowProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        Path("begun").touch()
        time.sleep(3)
        return CreateResult("made", {})


class Slow(Resource):
    def __init__(self):
        super().__init__(SlowProvider(), "slow", {})
"""


class SlowStack:
    """A stack with one resource, whose creation takes 3 s."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "program"
        self.program.mkdir()
        (self.program / "Pulumi.yaml").write_text("name: interrupts-test\nruntime: python\n")
        (self.program / "slow_provider.py").write_text(PROVIDER)
        (self.program / "__main__.py").write_text("from slow_provider import Slow\n\nSlow()\n")
        self.environment = pulumi_environment(
            ensure_cli(cache_root(), print),
            providers=None,
            home=folder / "home",
            backend=folder / "state",
            passphrase_file=folder / "passphrase",
            virtual_environment=Path(sys.prefix),
        )
        self.backend = folder / "state" / ".pulumi"
        self.locks = self.backend / "locks" / "organization" / "interrupts-test" / "test"
        self.stack = SandboxStack("test", self.program, self.environment, self.program)
        self.stack.ensure()

    def up(self, stop: Callable[["SlowStack"], None]) -> Finished | Stopped:
        """Bring the stack up, call `stop` once the creation has begun, and return how the update ended."""
        (self.program / "begun").unlink(missing_ok=True)
        stopper = threading.Thread(target=self._stop, args=(stop,), daemon=True)
        stopper.start()
        try:
            with stoppable():
                return self.stack.up(capture=True)
        except Stopped as stopped:
            return stopped
        finally:
            stopper.join(10)

    def pulumi(self, *arguments: str) -> tuple[int, str]:
        """Run a command of the CLI in the program's folder, as a person does."""
        done = subprocess.run(
            ["pulumi", *arguments, "--stack", "test", "--non-interactive"],
            cwd=self.program,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def running(self, program: str = "") -> list[int]:
        """Return the processes that an update of this stack has started; if a program is named, only that program's."""
        backend = f"PULUMI_BACKEND_URL={self.stack.backend_url}"
        named = [one for one in processes() if program in ("", one.program)]
        return [one.pid for one in named if has_in_environment(one.pid, backend)]

    def made(self) -> bool:
        """Tell whether the state contains the resource."""
        return any(one["urn"].endswith("::slow") for one in self._deployment().get("resources", []))

    def pending(self) -> list[str]:
        """Return the operations that were pending when the state was last written."""
        return [one["type"] for one in self._deployment().get("pending_operations", [])]

    def write_pending(self, type_: str, name: str) -> None:
        """Write into the state a pending creation of something in the engine, as a killed update leaves it."""
        urn = f"urn:pulumi:test::interrupts-test::{type_}::thing"
        resource = {"urn": urn, "custom": True, "type": type_, "inputs": {"name": name}}
        file = self.backend / "stacks" / "interrupts-test" / "test.json"
        content = json.loads(file.read_text())
        manifest = {"time": "2026-11-26T14:00:00Z", "magic": "", "version": ""}
        pending = [{"resource": resource, "type": "creating"}]
        content["checkpoint"]["latest"] = {"manifest": manifest, "pending_operations": pending}
        file.write_text(json.dumps(content))

    def locked(self) -> bool:
        return self.locks.is_dir() and any(self.locks.iterdir())

    def _deployment(self) -> Any:
        return self.stack.export()["deployment"]

    def _stop(self, stop: Callable[["SlowStack"], None]) -> None:
        until = time.monotonic() + 60
        while not (self.program / "begun").exists() and time.monotonic() < until:
            time.sleep(0.05)
        stop(self)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[SlowStack]:
    former = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    one = SlowStack(tmp_path)
    yield one
    signal.signal(signal.SIGINT, former)
    for pid in one.running():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def interrupt(slow: SlowStack) -> None:
    del slow
    os.kill(os.getpid(), signal.SIGINT)


def interrupt_twice(slow: SlowStack) -> None:
    interrupt(slow)
    time.sleep(0.5)
    interrupt(slow)


def kill(slow: SlowStack) -> None:
    for pid in slow.running("pulumi"):
        os.kill(pid, signal.SIGKILL)


def test_an_interrupted_update_ends_its_step_records_it_and_leaves_nothing(slow: SlowStack) -> None:
    stopped = slow.up(interrupt)

    assert isinstance(stopped, Stopped)
    assert slow.made()
    assert (slow.pending(), slow.locked(), slow.running()) == ([], False, [])


@pytest.mark.parametrize(("stop", "locks"), [(interrupt_twice, False), (kill, True)])
def test_after_an_update_that_was_cut_short_the_next_one_goes_on(
    slow: SlowStack, stop: Callable[[SlowStack], None], locks: bool
) -> None:
    slow.up(stop)
    assert (slow.made(), slow.running()) == (False, [])
    said: list[str] = []

    slow.stack.recover(said.append)

    assert any("its lock is released" in line for line in said) is locks
    assert (slow.pending(), slow.locked()) == ([], False)
    again = slow.stack.up(capture=True)
    assert again.exit_code == 0, again.output
    assert "pending operations" not in again.output
    assert slow.made()


def test_the_commands_of_the_readme_release_a_locked_stack(slow: SlowStack) -> None:
    slow.up(kill)
    assert "the stack is currently locked by 1 lock(s)" in slow.pulumi("up", "--yes")[1]

    for command in (["cancel", "--yes"], ["refresh", "--clear-pending-creates", "--yes"], ["up", "--yes"]):
        exit_code, output = slow.pulumi(*command)
        assert exit_code == 0, output

    assert slow.made()


def test_a_container_that_a_killed_update_made_and_did_not_record_frees_its_name(slow: SlowStack) -> None:
    ensure_engine(cache_root(), print)
    ensure_debian(cache_root(), print, "bookworm", BOOKWORM_SLIM)
    name = f"jina-interrupts-test-{os.getpid()}"
    engine = DockerClient.from_env()
    engine.containers.create(BOOKWORM_SLIM, name=name)
    slow.write_pending("docker:index/container:Container", name)
    assert slow.pending() == ["creating"]

    slow.stack.recover(print)

    assert slow.pending() == []
    with pytest.raises(NotFound):
        engine.containers.get(name)


def test_a_stack_whose_making_was_killed_is_made(slow: SlowStack) -> None:
    (slow.program / "Pulumi.test.yaml").unlink()

    slow.stack.recover(print)
    slow.stack.ensure()

    assert slow.stack.up(capture=True).exit_code == 0
