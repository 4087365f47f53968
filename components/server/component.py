"""Declares the llama-servers of the stack, and what they have in common."""

from dataclasses import dataclass

import pulumi

from components.platform.interface import Servers
from components.program.declaration import engine_environment, run_program
from components.server.gateway import Gateway
from components.server.key_file import key_file
from components.server.lane import ServerLane, ServerLaneArgs
from components.server.model_mount import ModelVolume, bind_mount
from components.settings import EngineSettings, ModelSettings, ServerSettings
from components.settings.lanes import lanes
from components.settings.schema import Device


@dataclass(frozen=True, kw_only=True)
class LlamaServerArgs:
    """What the servers are made from.

    `container_name` is the prefix of their names in the Docker engine; `model_path` and `model_sha256` are the model
    file on this machine and its content, `network` the name of the stack's network, `gateway` the gateway in front of
    the servers. `cuda_architectures` are those that the image is compiled for, empty if unknown. `volume_name` is the
    prefix of the names of the volumes for the model, where it is delivered in one, and for the API key.
    """

    container_name: str
    device: Device
    image_id: pulumi.Input[str]
    model_path: pulumi.Input[str]
    model_sha256: pulumi.Input[str]
    network: pulumi.Input[str]
    gateway: Gateway
    cuda_architectures: str
    volume_name: str
    engine: EngineSettings
    model: ModelSettings
    settings: ServerSettings


class LlamaServer(Servers):
    """The servers as containers.

    With fewer lanes the server that stays takes over the requests before the other one is removed, at the end of the
    update; with more, a lane moves to its server when that has proved itself. The names are the full ones in the Docker
    engine.
    """

    def __init__(self, name: str, args: LlamaServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:server:LlamaServer", name, None, opts)
        self._engine = engine_environment(args.engine)
        before: list[pulumi.Resource] = [self._gpu_check(name, args)] if args.device == "cuda" else []
        mount = bind_mount(args.model, args.model_path)
        if args.model.delivery == "volume":
            volume = self._model_volume(name, args)
            mount = volume.mount
            before.append(volume)
        key = key_file(
            name,
            args.settings.api_key,
            volume_name=f"{args.volume_name}-llama-server-key",
            image_id=args.image_id,
            engine=self._engine,
            parent=self,
        )
        servers = [
            ServerLane(
                f"{name}-{lane.name}",
                ServerLaneArgs(
                    container_name=f"{args.container_name}-{lane.name}",
                    device=args.device,
                    image_id=args.image_id,
                    mount=mount,
                    model_sha256=args.model_sha256,
                    key=key,
                    network=args.network,
                    gateway=args.gateway,
                    engine=self._engine,
                    model=args.model,
                    settings=args.settings,
                    lane=lane,
                ),
                pulumi.ResourceOptions(parent=self),
                after=before,
            )
            for lane in lanes(args.settings)
        ]
        self.container_name = servers[0].container_name
        self.query_container_name = servers[-1].container_name
        self.checked = pulumi.Output.all(*(server.checked for server in servers)).apply(lambda said: said[0])
        self.register_outputs({"container_name": self.container_name, "checked": self.checked})

    def _model_volume(self, name: str, args: LlamaServerArgs) -> ModelVolume:
        return ModelVolume(
            f"{name}-model",
            volume_name=f"{args.volume_name}-model",
            model=args.model,
            path=args.model_path,
            sha256=args.model_sha256,
            image_id=args.image_id,
            environment=self._engine,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _gpu_check(self, name: str, args: LlamaServerArgs) -> pulumi.Resource:
        return run_program(
            f"{name}-gpu",
            "gpu_check",
            environment={
                **self._engine,
                "GPU_CHECK_IMAGE": args.image_id,
                "GPU_CHECK_GPUS": args.settings.gpus,
                "GPU_CHECK_ARCHITECTURES": args.cuda_architectures,
            },
            triggers=[args.image_id],
            opts=pulumi.ResourceOptions(parent=self),
        )
