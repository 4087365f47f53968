"""The id of a stack, made once: names may be changed by people, and what holds their data must not follow."""

import secrets
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from components.dynamic_provider import StackProvider

SCHEMA_VERSION = "1"
PROVIDER = "__provider"
RANDOM_BYTES = 3


class StackIdProvider(StackProvider):
    """Makes an id out of the names that the stack has at first, and keeps it however the stack is called later.

    `wanted` is an id that somebody set: that of a stack whose state was lost, say.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Accept the inputs."""
        return CheckResult(news, [])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Report a change only where another id is asked for; other names are none."""
        changed = bool(news["wanted"]) and news["wanted"] != olds["stack_id"]
        return DiffResult(changes=changed, replaces=[], delete_before_replace=False)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take the id that is asked for, or make one: project, stack, and six random digits."""
        made = props["wanted"] or f"{props['prefix']}-{secrets.token_hex(RANDOM_BYTES)}"
        return CreateResult("stack-id", {**_known(props), "stack_id": made})

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Take the id that is asked for."""
        return UpdateResult({**_known(news), "stack_id": news["wanted"]})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return what is known: the id lives in the state alone."""
        return ReadResult(id_, props)


class StackIdResource(pulumi.dynamic.Resource, module="ownership", name="StackId"):
    """The resource of the id, `stack_id`."""

    stack_id: pulumi.Output[str]

    def __init__(
        self, name: str, *, prefix: str, wanted: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        inputs = {"prefix": prefix, "wanted": wanted, "schema_version": SCHEMA_VERSION, "stack_id": None}
        super().__init__(StackIdProvider(), name, inputs, opts)


def _known(props: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in props.items() if key != PROVIDER}
