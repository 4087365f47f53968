"""What the tests of the stand-in plugins share: an engine with a base image, and operations whose reports are kept."""

import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.docker.debian_images import BOOKWORM_SLIM, ensure_debian
from sandbox.docker.engine import ensure_engine
from sandbox.machine.cache import cache_root
from sandbox.providers.docker.container import Container
from sandbox.providers.docker.engine import Engine, engine_errors
from sandbox.providers.resource import Operation
from sandbox.providers.values import Properties

PREFIX = f"jina-providers-test-{os.getpid()}"
"""Begins the name of everything that these tests make in the engine."""


NUMBERS = itertools.count()


def quietly(line: str) -> None:
    """Take a progress line and show it nowhere."""
    del line


class Bench:
    """An engine, an operation whose reports are kept as `texts`, and a container that a test changes at will."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.container = Container(engine)
        self.texts: list[str] = []
        self.operation = Operation("urn:pulumi:test::test::a:b:C::thing", self._report)
        self.names: list[str] = []

    @property
    def api(self) -> Any:
        """The engine's API."""
        return self.engine.api

    def name(self) -> str:
        """Return a name for something in the engine that no other test uses."""
        self.names.append(f"{PREFIX}-{next(NUMBERS)}")
        return self.names[-1]

    def wanted(self, **changes: Any) -> Properties:
        """Return the inputs of a container that sleeps, with `changes`."""
        chosen = {"image": BOOKWORM_SLIM, "command": ["sleep", "infinity"]}
        return self.container.normalise({"name": self.name(), **chosen, **changes})

    def _report(self, severity: str, text: str, ephemeral: bool) -> None:
        del severity, ephemeral
        self.texts.append(text)


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Return an engine that answers, and that has the base image."""
    ensure_engine(cache_root(), quietly)
    ensure_debian(cache_root(), quietly, "bookworm", BOOKWORM_SLIM)
    return Engine(None)


@pytest.fixture
def bench(engine: Engine) -> Iterator[Bench]:
    """Give a bench, and take away the containers that were made on it."""
    made = Bench(engine)
    yield made
    for name in made.names:
        with engine_errors("cleaning up", gone_is_fine=True):
            made.api.remove_container(name, force=True, v=True)
