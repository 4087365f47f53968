"""Declares the check of a cluster. Everything that must not change unless the check passes depends on it."""

from dataclasses import dataclass
from datetime import datetime

import pulumi

from components.elasticsearch.client.license import remark
from components.elasticsearch.dynamic.cluster_check import ClusterCheckResource
from components.elasticsearch.inputs import ConnectionInputs, EmbeddingInputs, default_pipeline, index_inputs
from components.settings import ElasticsearchSettings


@dataclass(frozen=True, kw_only=True)
class ClusterCheckArgs:
    """What the check needs to know: the cluster, and the settings and embedding that are wanted in it.

    `owner` is the stack's id. `now` is the time from which it is reckoned how long the license still lasts.
    """

    owner: pulumi.Input[str]
    connection: ConnectionInputs
    settings: ElasticsearchSettings
    embedding: EmbeddingInputs
    now: datetime


class ClusterCheck(pulumi.ComponentResource):
    """Fails the update unless the cluster can be used; whatever must not change in that case depends on it.

    Checks version, license and privileges, and that no documents would become unusable under another identity.
    `version`, `license` and `license_expires` (ISO date and time in UTC, or empty) are the cluster's. Every update and
    preview says how long the license lasts, even when there is nothing to check.
    """

    version: pulumi.Output[str]
    license: pulumi.Output[str]
    license_expires: pulumi.Output[str]

    def __init__(self, name: str, args: ClusterCheckArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:elasticsearch:ClusterCheck", name, None, opts)
        check = ClusterCheckResource(
            name,
            {
                **args.connection.as_inputs(),
                "owner": args.owner,
                "start_trial": args.settings.start_trial,
                "needs_inference": not args.settings.embeds_in_client,
                **index_inputs(args.settings),
                "pipeline_id": default_pipeline(args.settings),
                "inference_id": "" if args.settings.embeds_in_client else args.settings.inference_id,
                "identity": args.embedding.identity(args.settings),
                # Unlike the identity it is new to stacks of earlier versions, whose endpoint is about to change.
                "dims": args.embedding.dims,
                "revision": args.embedding.revision,
                "adopt": args.settings.adopt,
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.version = check.version
        self.license = check.licence
        # The state of an earlier version does not have it until the next update.
        self.license_expires = check.licence_expires.apply(lambda expires: expires or "")
        pulumi.Output.all(self.license, self.license_expires).apply(lambda told: self._tell(args, *told))
        self.register_outputs(
            {"version": self.version, "license": self.license, "license_expires": self.license_expires}
        )

    def _tell(self, args: ClusterCheckArgs, kind: str, expires: str) -> None:
        told = remark(kind, expires, args.now, needs_inference=not args.settings.embeds_in_client)
        if told:
            (pulumi.log.info if told.severity == "info" else pulumi.log.warn)(told.text, self)
