"""A check before anything is changed: the cluster can be used, and no documents would become unusable."""

from typing import Any, ClassVar

import pulumi

from components.elasticsearch import adoption, cluster, generation, migration
from components.elasticsearch import index as indices
from components.elasticsearch.client import Client, Patience
from components.elasticsearch.dynamic.index import wanted_of
from components.elasticsearch.dynamic.provider import (
    ClusterProvider,
    Values,
    secret_outputs,
    versioned,
)


class ClusterCheckProvider(ClusterProvider):
    """Checks on create and on every change of its inputs; writes nothing, but starts the trial when told to."""

    called = "The check of"
    name_key = "alias"
    local: ClassVar[tuple[str, ...]] = ()
    computed = ("version", "licence")
    patience: ClassVar[Patience] = Patience()

    def apply(self, client: Client, olds: Values | None, news: Values) -> Values:  # noqa: ARG002 (see the base)
        """Check version and licence, and that the wanted index can be had without a loss."""
        found = cluster.prepare(
            client,
            start_trial_if_needed=bool(news["start_trial"]),
            needs_inference=bool(news.get("needs_inference", True)),
        )
        wanted = wanted_of(news)
        decided = generation.plan(indices.read_live(client, wanted.alias), wanted)
        if decided.action == "take over":
            adoption.require_adoptable(client, wanted)
        if decided.action == "migrate" and decided.old is not None:
            migration.require_possible(client, decided.old, migration.strategy_of(decided.old, wanted))
        return {"version": found.version, "licence": found.licence}

    def live(self, client: Client, values: Values) -> Values:  # noqa: ARG002
        """Return nothing new: it is checked again when its inputs change."""
        return {}

    def delete(self, _id: str, _props: Values) -> None:
        """Do nothing: the check made nothing."""


class ClusterCheckResource(pulumi.dynamic.Resource, module="elasticsearch", name="ClusterCheck"):
    """The resource of the check: what depends on it is changed only when the check has passed."""

    version: pulumi.Output[str]
    licence: pulumi.Output[str]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        props = {**versioned(inputs), "version": None, "licence": None}
        super().__init__(ClusterCheckProvider(), name, props, secret_outputs(opts))
