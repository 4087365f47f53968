"""Declares Elasticsearch for a stack in a cluster: a node of its own, or the cluster that the settings name."""

import pulumi

from components.elasticsearch.inputs import ConnectionInputs
from components.kubernetes.elasticsearch.node import ElasticsearchNode, ElasticsearchNodeArgs
from components.platform.interface import SearchCluster

__all__ = ["ClusterElasticsearch", "ClusterElasticsearchArgs"]


class ClusterElasticsearchArgs(ElasticsearchNodeArgs):
    """What Elasticsearch is made from: the arguments of the stack's own node, if it has one."""


class ClusterElasticsearch(SearchCluster):
    """Elasticsearch, whose own node is for trials: a StatefulSet of one, with its data in claims."""

    def __init__(
        self, name: str, args: ClusterElasticsearchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("jina:kubernetes:Elasticsearch", name, None, opts)
        self.volume = self.backup_volume = pulumi.Output.from_input("")
        if args.settings.managed:
            node = ElasticsearchNode(name, args, pulumi.ResourceOptions(parent=self))
            self.connection = node.connection
            self.volume, self.backup_volume = node.volume, node.backup_volume
        else:
            self.connection = ConnectionInputs.from_settings(args.settings)
        self.url = self.connection.url
        self.register_outputs({"url": self.url})
