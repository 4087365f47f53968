"""Declares the stack's own Elasticsearch node in a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet, StatefulSetSpecArgs
from pulumi_kubernetes.core.v1 import (
    PodTemplateSpecArgs,
    Secret,
    Service,
    ServicePortArgs,
    ServiceSpecArgs,
)
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs, outputs

from components.elasticsearch.dynamic.password import PasswordResource
from components.elasticsearch.inputs import ConnectionInputs
from components.elasticsearch.node import container
from components.elasticsearch.node.access import NodeAccess
from components.kubernetes import labels
from components.kubernetes.address import ServiceAddress
from components.kubernetes.elasticsearch.claims import ClaimArgs, RetainedClaim
from components.kubernetes.elasticsearch.pod import CONTAINER, SECRET_KEY, pod
from components.kubernetes.surroundings import FORCED, NOT_AWAITED, Surroundings
from components.names import names_in
from components.program.declaration import run_program
from components.settings import ElasticsearchSettings, KubernetesSettings

NAME = container.ALIAS
POD = f"{NAME}-0"
STARTED_WITHIN = 1200
"""Seconds that the first start may take, with the image, which is large, and a volume that is made for it."""


@dataclass(frozen=True, kw_only=True)
class ElasticsearchNodeArgs:
    """What the node is made from.

    `owner` is the stack's id, and `cluster_uid` what its cluster is known by.
    """

    owner: pulumi.Input[str]
    cluster_uid: pulumi.Input[str]
    surroundings: Surroundings
    kubernetes: KubernetesSettings
    settings: ElasticsearchSettings


class ElasticsearchNode(pulumi.ComponentResource):
    """A single node, reached in the cluster alone, with a claim for its data and one for its backups.

    Another image or setting makes another pod, never other claims, and no older version takes the place of a newer one.
    `connection` is how this machine reaches it, once it answers and knows the password that is set.
    """

    connection: ConnectionInputs
    volume: pulumi.Output[str]
    backup_volume: pulumi.Output[str]

    def __init__(
        self, name: str, args: ElasticsearchNodeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("jina:kubernetes:ElasticsearchNode", name, None, opts)
        self._args, self._labels = args, {**args.surroundings.labels, labels.NAME: NAME}
        self._child = pulumi.ResourceOptions(parent=self)
        password = PasswordResource(f"{name}-password", self._child).password
        free = pulumi.ResourceOptions.merge(
            self._child, pulumi.ResourceOptions(depends_on=[self._claim_check(name)])
        )
        data = self._claim(name, "data", "elasticsearchDeleteData", args.settings.delete_data, free)
        backups = self._claim(
            name, "backups", "elasticsearchDeleteBackups", args.settings.delete_backups, free
        )
        service = self._service(name)
        node = self._stateful_set(
            name,
            self._template(data, backups, self._secret(name, password)),
            after=[data, backups, self._version_check(name, data)],
        )
        incarnation = node.metadata.apply(_incarnation)
        answering = self._check(name, data, incarnation)
        self.volume, self.backup_volume = data.claim_name, backups.claim_name
        access = NodeAccess(
            name=name,
            url=self._url(),
            owner=args.owner,
            settings=args.settings,
            parent=self,
        )
        self.connection = access.connection(
            container=incarnation,
            container_name=POD,
            password=password,
            after=[answering, service],
        )
        access.guard(self.connection, [node, service])
        self.register_outputs({"url": self.connection.url, "volume": self.volume})

    def _url(self) -> str:
        inside = self._args.surroundings
        return ServiceAddress(
            namespace=inside.namespace, service=NAME, port=container.PORT, context=inside.context
        ).url

    def _claim_check(self, name: str) -> pulumi.Resource:
        return run_program(
            f"{name}-claims",
            "cluster_claim_check",
            environment={
                **self._args.surroundings.environment,
                "CLAIM_CHECK_CLAIMS": ",".join(f"{NAME}-{what}" for what in ("data", "backups")),
            },
            triggers=[],
            # Once, before there is a node: later it is the stack's own that uses them.
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["environment"]),
        )

    def _claim(
        self, name: str, what: str, setting: str, given_up: str, opts: pulumi.ResourceOptions
    ) -> RetainedClaim:
        return RetainedClaim(
            f"{name}-{what}",
            ClaimArgs(
                name=f"{NAME}-{what}",
                cluster_uid=self._args.cluster_uid,
                surroundings=self._args.surroundings,
                settings=self._args.kubernetes,
                setting=setting,
                deleted=set(self._args.settings.indices) <= set(names_in(given_up)),
            ),
            opts,
        )

    def _metadata(
        self, name: str = NAME, annotations: Mapping[str, pulumi.Input[str]] | None = None
    ) -> ObjectMetaArgs:
        return self._args.surroundings.metadata("elasticsearch", name, annotations=annotations)

    def _secret(self, name: str, password: pulumi.Output[str]) -> Secret:
        """Declare the password that the superuser has at the first start of the node's data."""
        return Secret(
            f"{name}-password",
            metadata=self._metadata(f"{NAME}-password"),
            string_data={SECRET_KEY: password},
            opts=self._child,
        )

    def _service(self, name: str) -> Service:
        return Service(
            name,
            # There is no pod yet that it could wait for.
            metadata=self._metadata(annotations=NOT_AWAITED),
            spec=ServiceSpecArgs(
                selector=self._selector(),
                ports=[ServicePortArgs(name="http", port=container.PORT, target_port="http")],
            ),
            opts=self._child,
        )

    def _selector(self) -> dict[str, str]:
        return labels.selected(self._labels, "elasticsearch")

    def _template(self, data: RetainedClaim, backups: RetainedClaim, secret: Secret) -> PodTemplateSpecArgs:
        return PodTemplateSpecArgs(
            metadata=ObjectMetaArgs(labels=self._labels),
            spec=pod(
                self._args.settings,
                data=data.claim_name,
                backups=backups.claim_name,
                secret=secret.metadata.apply(lambda made: str(made.name)),
                pull_secrets=self._args.surroundings.pull_secrets,
            ),
        )

    def _stateful_set(
        self, name: str, template: PodTemplateSpecArgs, after: list[pulumi.Resource]
    ) -> StatefulSet:
        return StatefulSet(
            name,
            # The check does the waiting: it sees immediately when the node ends, and says why.
            metadata=self._metadata(annotations={**NOT_AWAITED, **FORCED}),
            spec=StatefulSetSpecArgs(
                replicas=1,
                service_name=NAME,
                # Nobody can change it, and a renamed stack has another instance.
                selector=LabelSelectorArgs(
                    match_labels={key: self._labels[key] for key in (labels.NAME, labels.PART_OF)}
                ),
                # A pod that never became ready is replaced by one of mended settings, instead of being waited for.
                pod_management_policy="Parallel",
                template=template,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=after,
                # Name and data can belong to one only.
                delete_before_replace=True,
            ),
        )

    def _version_check(self, name: str, data: RetainedClaim) -> pulumi.Resource:
        return run_program(
            f"{name}-version",
            "cluster_version_check",
            environment={
                **self._args.surroundings.environment,
                "VERSION_CHECK_IMAGE_NAME": self._args.settings.image,
                "VERSION_CHECK_CLAIM": data.claim_name,
            },
            triggers=[],
            opts=self._child,
        )

    def _check(self, name: str, data: RetainedClaim, incarnation: pulumi.Output[str]) -> pulumi.Resource:
        return run_program(
            f"{name}-check",
            "cluster_node_check",
            environment={
                **self._args.surroundings.environment,
                "NODE_CHECK_STATEFUL_SET": NAME,
                "NODE_CHECK_POD": POD,
                "NODE_CHECK_CONTAINER": CONTAINER,
                "NODE_CHECK_CLAIM": data.claim_name,
                "NODE_CHECK_PATIENCE": str(STARTED_WITHIN),
                # Runs it again after each change.
                "NODE_CHECK_INCARNATION": incarnation,
            },
            triggers=[],
            opts=self._child,
        )


def _incarnation(made: outputs.ObjectMeta) -> str:
    """Return what is another with each set, and with each change of it, after which there is another pod."""
    return f"{made.uid}/{made.generation}"
