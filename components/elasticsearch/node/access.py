"""Declares what every node of a stack's own has, wherever it runs: its superuser, and the guard of its documents."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.elasticsearch.dynamic.deletion_guard import NODE, DeletionGuardResource
from components.elasticsearch.dynamic.superuser import SuperuserResource
from components.elasticsearch.inputs import ConnectionInputs, index_inputs
from components.elasticsearch.node.superuser import SUPERUSER
from components.settings import ElasticsearchSettings


@dataclass(frozen=True, kw_only=True)
class NodeAccess:
    """A node at `url`, and the stack `owner`; `parent` is the component of the node, whose resources have `name`."""

    name: str
    url: str
    owner: pulumi.Input[str]
    settings: ElasticsearchSettings
    parent: pulumi.Resource

    def connection(
        self,
        *,
        container: pulumi.Input[str],
        container_name: str,
        password: pulumi.Output[str],
        after: Sequence[pulumi.Resource],
    ) -> ConnectionInputs:
        """Declare the superuser, who has `password` unless another is set; return how this machine reaches the node.

        The node answers when `after` are there. It is asked again when `container` is another text, after which it may
        have other data; `container_name` is for messages.
        """
        superuser = SuperuserResource(
            f"{self.name}-superuser",
            {
                "url": self.url,
                "user": SUPERUSER,
                "container": container,
                "container_name": container_name,
                "generated": pulumi.Output.secret(password),
                "wanted": pulumi.Output.secret(self.settings.password),
            },
            pulumi.ResourceOptions(parent=self.parent, depends_on=list(after)),
        )
        return ConnectionInputs(
            url=self.url,
            api_key=pulumi.Output.secret(""),
            user=SUPERUSER,
            password=pulumi.Output.secret(superuser.password),
            ca_certificate="",
            fingerprint="",
            managed=True,
            cluster_uuid=superuser.cluster_uuid,
        )

    def guard(self, connection: ConnectionInputs, guarded: Sequence[pulumi.Resource]) -> None:
        """Declare the guard, before whose agreement none of `guarded` is deleted."""
        DeletionGuardResource(
            f"{self.name}-guard",
            {
                **connection.as_inputs(),
                "owner": self.owner,
                **index_inputs(self.settings),
                "delete_data": self.settings.delete_data,
                "scope": NODE,
            },
            pulumi.ResourceOptions(parent=self.parent, depends_on=list(guarded)),
        )
