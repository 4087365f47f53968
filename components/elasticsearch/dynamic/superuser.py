"""The superuser of the stack's own node, as a resource: its password, and the UUID of its cluster."""

from dataclasses import replace
from typing import Any, ClassVar

import pulumi

from components.dynamic_provider import say
from components.elasticsearch.client.client import Client
from components.elasticsearch.dynamic.provider import ClusterProvider
from components.elasticsearch.dynamic.values import Values, versioned
from components.elasticsearch.errors import CredentialsError, UnreachableError
from components.elasticsearch.node import superuser
from components.elasticsearch.node.recovery import await_indices

ACCEPTED, REFUSED = "accepted", "refused"


class SuperuserProvider(ClusterProvider):
    """Sets the password to `wanted`, or to `generated` where `wanted` is empty.

    A new container is a new node, perhaps on other data, so the node is asked again for the UUID of its cluster. That
    UUID decides whether anything else has to be created again.
    """

    name_key = "user"
    local: ClassVar[tuple[str, ...]] = ("container_name", "schema_version")
    computed = ("password", "cluster_uuid")

    def apply(self, client: Client, olds: Values | None, news: Values) -> Values:
        """Find out the node's password, change it where it differs, and wait until what the node holds is open."""
        generated = str(news["generated"])
        wanted = str(news["wanted"]) or generated
        before = olds or {}
        former = str(before.get("password") or generated)
        uuid = superuser.converge(
            client.connection, wanted, (former, generated), container=str(news["container_name"]), say=say
        )
        with Client(replace(client.connection, password=wanted)) as accepted:
            await_indices(accepted, say)
        if before.get("cluster_uuid", uuid) != uuid:
            say(
                "the node has other data than before: what the stack keeps in Elasticsearch is made anew there"
            )
        return {"password": wanted, "cluster_uuid": uuid}

    def live(self, client: Client, values: Values) -> Values:  # noqa: ARG002 (see the base)
        """Return whether the password still works, and the cluster's UUID; nothing new when the node is gone."""
        try:
            return {"cluster_uuid": superuser.read_cluster_uuid(client), "password_state": ACCEPTED}
        except CredentialsError:
            return {"password_state": REFUSED}
        except UnreachableError:
            return {}

    def remove(self, client: Client, values: Values) -> None:
        """Do nothing: the user goes with the node."""


class SuperuserResource(pulumi.dynamic.Resource, module="elasticsearch", name="Superuser"):
    """The resource of the superuser; `password` is secret, and `cluster_uuid` changes when the node has other data."""

    password: pulumi.Output[str]
    cluster_uuid: pulumi.Output[str]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        props = {**versioned(inputs), "password_state": ACCEPTED, "password": None, "cluster_uuid": None}
        secret = pulumi.ResourceOptions(additional_secret_outputs=["password", "wanted", "generated"])
        super().__init__(SuperuserProvider(), name, props, pulumi.ResourceOptions.merge(opts, secret))
