"""Declares the check of a cluster, on which everything depends that must not change unless it passes."""

from dataclasses import dataclass
from datetime import datetime

import pulumi

from components.elasticsearch.client.license import remark
from components.elasticsearch.dynamic.cluster_check import ClusterCheckResource
from components.elasticsearch.inputs import ConnectionInputs, EmbeddingInputs, default_pipeline
from components.settings import ElasticsearchSettings


@dataclass(frozen=True, kw_only=True)
class ClusterCheckArgs:
    """What is checked: that the cluster can be used, and that documents in it survive the wanted embedding.

    `owner` is the stack's id, `now` the time at which it is told how long the license lasts.
    """

    owner: pulumi.Input[str]
    connection: ConnectionInputs
    settings: ElasticsearchSettings
    embedding: EmbeddingInputs
    now: datetime


class ClusterCheck(pulumi.ComponentResource):
    """Passes, or fails the update: what must not change unless it passes, depends on it.

    It checks version, license and privileges, and that no documents would become unusable by another identity.
    `version`, `license` and `license_expires` (ISO date and time in UTC, or empty) are the cluster's. How long the
    license lasts is told at every update and preview, also when there is nothing to check.
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
                "alias": args.settings.index,
                "pipeline_id": default_pipeline(args.settings),
                "inference_id": "" if args.settings.embeds_in_client else args.settings.inference_id,
                "identity": args.embedding.identity(args.settings),
                "revision": args.embedding.revision,
                "adopt": args.settings.adopt,
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.version = check.version
        self.license = check.licence
        # A state of before does not have it, until its next update.
        self.license_expires = check.licence_expires.apply(lambda expires: expires or "")
        pulumi.Output.all(self.license, self.license_expires).apply(lambda told: self._tell(args, *told))
        self.register_outputs(
            {"version": self.version, "license": self.license, "license_expires": self.license_expires}
        )

    def _tell(self, args: ClusterCheckArgs, kind: str, expires: str) -> None:
        told = remark(kind, expires, args.now, needs_inference=not args.settings.embeds_in_client)
        if told:
            (pulumi.log.info if told.severity == "info" else pulumi.log.warn)(told.text, self)
