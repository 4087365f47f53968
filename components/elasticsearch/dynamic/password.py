"""A generated password that stays the same for as long as its stack."""

import secrets
from typing import Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult

from components.dynamic_provider import StackProvider
from components.elasticsearch.dynamic.values import PROVIDER, SCHEMA_VERSION

BYTES = 24


class PasswordProvider(StackProvider):
    """Makes a password once, of 24 random bytes in letters, digits, - and _."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Accept the inputs."""
        return CheckResult(news, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Never report a change: whatever uses the password would not learn of a new one."""
        return DiffResult(changes=False, replaces=[], delete_before_replace=False)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the password."""
        known = {key: value for key, value in props.items() if key != PROVIDER}
        return CreateResult("password", {**known, "password": secrets.token_urlsafe(BYTES)})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Return the known values: the password exists only in the state."""
        return ReadResult(id_, props)


class PasswordResource(pulumi.dynamic.Resource, module="elasticsearch", name="Password"):
    """The resource of the password; `password` is secret."""

    password: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            PasswordProvider(),
            name,
            {"schema_version": SCHEMA_VERSION, "password": None},
            pulumi.ResourceOptions.merge(
                opts, pulumi.ResourceOptions(additional_secret_outputs=["password"])
            ),
        )
