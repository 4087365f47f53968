"""Makes a thing in the cluster what is wanted, in a loop: read, decide on a step, carry it out, read again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from components.elasticsearch.errors import ConflictError

NOTHING = "nothing"
"""The action of a step that has nothing to do: what is there is what is wanted."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """The next step: the name of an action, the names of its targets, and the reason in a few words.

    An action that is done at most once in a run needs no `targets`.
    """

    action: str
    targets: tuple[str, ...] = ()
    why: str = ""


LiveT = TypeVar("LiveT")
StepT = TypeVar("StepT", bound=Step)


def reconcile(
    what: str,
    read: Callable[[], LiveT],
    plan: Callable[[LiveT, Sequence[str]], StepT],
    carry_out: Callable[[LiveT, StepT], None],
) -> LiveT:
    """Carry out the steps that `plan` decides on, reading again after each; return what was read last.

    `plan` gets what was read, and the actions carried out so far; `what` is the name of the thing in messages.
    Raises ConflictError when `plan` decides on a step a second time, because it changed nothing; and whatever `plan`
    and `carry_out` raise.
    """
    taken: list[tuple[str, tuple[str, ...]]] = []
    live = read()
    while (step := plan(live, [action for action, _ in taken])).action != NOTHING:
        if (step.action, step.targets) in taken:
            raise ConflictError(
                f"{what} is still not as wanted after it was changed: {step.action}"
                f"{' ' if step.targets else ''}{', '.join(step.targets)} would be done a second time"
                f"{f' ({step.why})' if step.why else ''}. Something else may change it back, an index template or "
                "another program for instance: look for that, and run the command again."
            )
        carry_out(live, step)
        taken.append((step.action, step.targets))
        live = read()
    return live
