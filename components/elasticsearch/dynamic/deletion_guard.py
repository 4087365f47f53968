"""Stops a destroy before it deletes anything, as long as there are documents that nobody gave up."""

from typing import Any, ClassVar

import pulumi

from components.elasticsearch.client.client import Client
from components.elasticsearch.cluster import presence
from components.elasticsearch.dynamic.provider import ClusterProvider, secret_outputs
from components.elasticsearch.dynamic.values import (
    CONNECTION,
    INDEX,
    NODE,
    Values,
    aliases_of,
    claim_of,
    versioned,
)
from components.elasticsearch.errors import CredentialsError, UnavailableError, UnreachableError
from components.elasticsearch.generations import deletion
from components.names import names_in

__all__ = ["INDEX", "NODE", "DeletionGuardProvider", "DeletionGuardResource"]


class DeletionGuardProvider(ClusterProvider):
    """Does nothing but refuse its own deletion, which comes before the deletion of everything that it depends on.

    It is not a part of the cluster, so it stays in the state when the cluster is gone.
    """

    name_key = "alias"
    local: ClassVar[tuple[str, ...]] = (
        *CONNECTION,
        "owner",
        "alias",
        "delete_data",
        "scope",
        "siblings",
        "schema_version",
    )

    def apply(self, client: Client, olds: Values | None, news: Values) -> Values:  # noqa: ARG002 (see the base)
        """Do nothing."""
        return {}

    def live(self, client: Client, values: Values) -> Values:  # noqa: ARG002
        """Return nothing new."""
        return {}

    def remove(self, client: Client, values: Values) -> None:
        """Refuse while there are documents that nobody gave up, or while the cluster cannot be asked for them."""
        alias, given_up = str(values["alias"]), names_in(values["delete_data"])
        guarded = aliases_of(values) if values["scope"] == NODE else (alias,)
        if set(guarded) <= set(given_up):
            return
        try:
            presence.require_answer(client)
            if values["scope"] == NODE:
                deletion.require_deletable_node(client, alias, given_up, claim_of(values))
            else:
                deletion.require_deletable_index(client, alias, given_up, claim_of(values))
        except (UnreachableError, UnavailableError, CredentialsError) as error:
            names = ",".join(dict.fromkeys((*guarded, *given_up)))
            raise type(error)(
                f"Whether index {', '.join(guarded)} holds documents could not be seen, so nothing was deleted. "
                f"{error} If its documents may go, or are gone: pulumi config set elasticsearchDeleteData {names} && "
                "pulumi up && pulumi destroy"
            ) from error


class DeletionGuardResource(pulumi.dynamic.Resource, module="elasticsearch", name="DeletionGuard"):
    """The resource of the guard; its `depends_on` must name everything that may be deleted only after it agreed."""

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(DeletionGuardProvider(), name, versioned(inputs), secret_outputs(opts))
