"""Docker on one machine."""

from collections.abc import Sequence

import pulumi

from components.elasticsearch.component import Elasticsearch, ElasticsearchArgs
from components.elasticsearch.node.volumes import VolumeOwner
from components.engine.component import StackEngine, StackEngineArgs
from components.image.built import ImageBuilds
from components.image.component import ServerImage, ServerImageArgs
from components.model.component import ModelDownload, ModelDownloadArgs
from components.network import StackNetwork, StackNetworkArgs
from components.platform.interface import Image, Model
from components.server import Gateway, GatewayArgs, LlamaServer, LlamaServerArgs
from components.settings import Settings


class DockerPlatform:
    """The parts of a stack as containers of one Docker engine; see Platform."""

    image: Image
    namespace = ""

    def __init__(self, settings: Settings, stack: str, stack_id: pulumi.Input[str]) -> None:
        self._settings, self._stack, self._stack_id = settings, stack, stack_id
        self._engine = StackEngine("engine", StackEngineArgs(settings=settings.engine))
        self.engine_id = self._engine.engine_id
        self._on_engine = pulumi.ResourceOptions(depends_on=[self._engine])
        self._network = StackNetwork("network", StackNetworkArgs(name=stack), self._on_engine).name
        self._builds = ImageBuilds.declare(stack_id, settings.engine, settings.image, self._on_engine)
        self.image = ServerImage(
            "llama-server", ServerImageArgs(device=settings.device, builds=self._builds), self._on_engine
        )

    def model(self) -> ModelDownload:
        """Declare the model file on this machine."""
        return ModelDownload("model", ModelDownloadArgs(settings=self._settings.model))

    def elasticsearch(self) -> Elasticsearch:
        """Declare the node's container, unless the settings name a cluster."""
        return Elasticsearch(
            "elasticsearch",
            ElasticsearchArgs(
                container_name=f"{self._stack}-elasticsearch",
                volumes=VolumeOwner(stack_id=self._stack_id, chosen=bool(self._settings.stack_id)),
                network=self._network,
                engine=self._settings.engine,
                settings=self._settings.elasticsearch,
            ),
            self._on_engine,
        )

    def gateway(self) -> Gateway:
        """Declare the gateway's container, which has the published port."""
        self._gateway = Gateway(
            "gateway",
            GatewayArgs(
                name=f"{self._stack}-gateway",
                owner=self._stack_id,
                engine=self._settings.engine,
                network=self._network,
                builds=self._builds,
                model=self._settings.model,
                server=self._settings.server,
            ),
            self._on_engine,
        )
        return self._gateway

    def servers(self, model: Model, after: Sequence[pulumi.Resource]) -> LlamaServer:
        """Declare the servers' containers."""
        settings = self._settings
        return LlamaServer(
            "llama-server",
            LlamaServerArgs(
                container_name=f"{self._stack}-llama-server",
                device=settings.device,
                image_id=self.image.image_id,
                model_path=model.path,
                model_sha256=model.sha256,
                network=self._network,
                gateway=self._gateway,
                cuda_architectures=settings.image.compiled_architectures,
                volume_name=self._stack,
                engine=settings.engine,
                model=settings.model,
                settings=settings.server,
            ),
            pulumi.ResourceOptions(depends_on=list(after)),
        )

    def guard(self, after: Sequence[pulumi.Resource]) -> None:
        """Refuse a destruction on another engine."""
        self._engine.guard("engine-guard", after=after)
