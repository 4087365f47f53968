"""Looks at the stack's outputs, without which no other check can look."""

from collections.abc import Iterator

from jinactl.doctor.declared import Declared
from jinactl.doctor.finding import Check, Finding


def _incomplete(declared: Declared) -> Iterator[Finding]:
    if declared.missing:
        yield Finding(
            what=f"the outputs lack {', '.join(declared.missing)}: another version of the project brought the stack up",
            remedy="pulumi up",
        )


CHECKS = (Check("outputs-incomplete", _incomplete),)
