"""The table of the faults: how each is injected, and what is found of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.contract.jinactl.doctor.stack import Stack

Injection = Callable[[Stack], Iterator[None] | None]


@dataclass(frozen=True)
class Fault:
    """A fault: `found` are the checks that find it, and `told` stands in what they say."""

    inject: Injection
    found: tuple[str, ...]
    told: str

    @contextmanager
    def injected(self, stack: Stack) -> Iterator[None]:
        """Inject the fault while the block runs; one that yields is undone by what follows."""
        steps = self.inject(stack)
        if steps is None:
            yield
            return
        next(steps)
        try:
            yield
        finally:
            next(steps, None)


FAULTS: dict[str, Fault] = {}


def fault(*found: str, told: str = "") -> Callable[[Injection], Injection]:
    """Return a decorator that puts a fault into the table, under the name of its function."""

    def put(inject: Injection) -> Injection:
        name = getattr(inject, "__name__", "")
        assert name not in FAULTS
        FAULTS[name] = Fault(inject, found, told)
        return inject

    return put
