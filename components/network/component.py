"""Declares the Docker network of a stack."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker


@dataclass(frozen=True, kw_only=True)
class StackNetworkArgs:
    """What the network is made from: `name` is its name in the Docker engine."""

    name: str


class StackNetwork(pulumi.ComponentResource):
    """The network on which the containers of one stack find each other by name, and no other container does."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: StackNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:network:StackNetwork", name, None, opts)
        network = docker.Network(
            name, name=args.name, driver="bridge", opts=pulumi.ResourceOptions(parent=self)
        )
        self.name = network.name
        self.register_outputs({"name": self.name})
