"""The identity of a stack's cluster as a Pulumi resource. Stacks' states name this module: never move it."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, UpdateResult

from components.dynamic_provider import StackProvider, is_unknown, say
from components.kubernetes.cluster import require_cluster, require_cluster_if_any
from components.kubernetes.errors import (
    AnotherClusterError,
    AnotherNamespaceError,
    NoKubectlError,
    UnseenClusterError,
)
from components.kubernetes.kubectl import Target

SCHEMA_VERSION = 1
"""Version of the outputs that a state holds."""

INPUTS = ("environment", "namespace", "keeps_data")
"""How the cluster is reached, the stack's namespace, and whether documents are in it."""


class ClusterIdentityProvider(StackProvider):
    """Keeps which cluster, and which namespace in it, the stack was made in, and refuses any other.

    With `preview` another cluster is told of, no more: CI may have one of its own, or none. One that does not answer is
    no other one.
    """

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Raise AnotherClusterError, and AnotherNamespaceError where the stack's documents would be left behind."""
        if any(is_unknown(news.get(key)) for key in INPUTS):
            return DiffResult(changes=True)
        if news["namespace"] != olds["namespace"] and olds["keeps_data"]:
            raise AnotherNamespaceError(wanted=news["namespace"], known=olds["namespace"])
        try:
            require_cluster_if_any(Target.from_environment(news["environment"]), olds["cluster_uid"])
        except (AnotherClusterError, UnseenClusterError):
            if not news["preview"]:
                raise
            say("this is not known to be the cluster that the stack lives in: here, `pulumi up` refuses")
        except NoKubectlError:
            if not news["preview"]:
                raise
        changed = any(news[key] != olds.get(key) for key in INPUTS)
        return DiffResult(changes=changed or olds.get("schema_version") != SCHEMA_VERSION)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Take the cluster that answers for the stack's."""
        found = require_cluster(Target.from_environment(props["environment"]), "")
        return CreateResult("cluster", _outputs(props, found))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Go on with the stack's cluster under another address."""
        found = require_cluster(Target.from_environment(news["environment"]), olds["cluster_uid"])
        return UpdateResult(_outputs(news, found))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Raise AnotherClusterError where a refresh would find nothing of the stack, and forget it."""
        require_cluster_if_any(Target.from_environment(props["environment"]), props["cluster_uid"])
        return ReadResult(id_, props)


def _outputs(props: Mapping[str, Any], found: str) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS} | {"cluster_uid": found, "schema_version": SCHEMA_VERSION}


class ClusterIdentityResource(pulumi.dynamic.Resource, module="kubernetes", name="ClusterIdentity"):
    """The resource of the uid, `cluster_uid`."""

    cluster_uid: pulumi.Output[str]

    def __init__(
        self, name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the identity with the INPUTS, and `preview`, given."""
        outputs = dict.fromkeys(("cluster_uid", "schema_version"))
        super().__init__(ClusterIdentityProvider(), name, {**inputs, **outputs}, opts)
