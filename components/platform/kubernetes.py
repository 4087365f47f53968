"""Kubernetes."""

from collections.abc import Sequence

import pulumi

from components.platform.interface import Gateway, Image, Model, SearchCluster, Servers
from components.settings import Settings


class KubernetesPlatform:
    """The parts of a stack as objects in one namespace of a cluster; see Platform."""

    image: Image

    def __init__(self, settings: Settings, stack: str, stack_id: pulumi.Input[str]) -> None:
        self._stack_id = stack_id
        self.namespace = settings.kubernetes.namespace or stack
        self.engine_id = pulumi.Output.from_input("")
        raise NotImplementedError

    def model(self) -> Model:
        """Declare the model file."""
        raise NotImplementedError

    def elasticsearch(self) -> SearchCluster:
        """Declare the node."""
        raise NotImplementedError

    def gateway(self) -> Gateway:
        """Declare the gateway."""
        raise NotImplementedError

    def servers(self, model: Model, after: Sequence[pulumi.Resource]) -> Servers:
        """Declare the servers."""
        raise NotImplementedError

    def guard(self, after: Sequence[pulumi.Resource]) -> None:
        """Refuse a destruction in another cluster."""
        raise NotImplementedError
