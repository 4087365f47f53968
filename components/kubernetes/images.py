"""Declares the images of a cluster's pods: those that are there already, or those built here and pushed."""

from dataclasses import dataclass

import pulumi

from components.image.built import BuiltImage, BuiltImageArgs, ImageBuilds
from components.image.component import ServerImage, ServerImageArgs
from components.platform.interface import Image
from components.program.declaration import engine_environment, run_program
from components.server.gateway_image import DOCKERFILE, build_arguments
from components.settings import EngineSettings, ImageSettings
from components.settings.schema import Device


@dataclass(frozen=True, kw_only=True)
class ClusterImagesArgs:
    """What the images are made from: `owner` is the id of the stack, `engine` the one that builds what is built."""

    owner: pulumi.Input[str]
    device: Device
    engine: EngineSettings
    settings: ImageSettings


class ClusterImages(Image):
    """The images of servers and gateway, as pods name them: `image_id` and `gateway`.

    What is built has its digest in its name, so that a name means one content. A prebuilt image is named as it is set.
    With both prebuilt, no Docker engine is asked for anything.
    """

    gateway: pulumi.Output[str]

    def __init__(
        self, name: str, args: ClusterImagesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("jina:kubernetes:ClusterImages", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._args, settings = args, args.settings
        self.commit = self.upstream_commit = pulumi.Output.from_input("")
        self.image_id = pulumi.Output.from_input(settings.prebuilt)
        self.gateway = pulumi.Output.from_input(settings.gateway_prebuilt)
        if not (settings.prebuilt and settings.gateway_prebuilt):
            self._build(ImageBuilds.declare(args.owner, args.engine, settings, self._child))
        self.register_outputs(
            {
                "image_id": self.image_id,
                "gateway": self.gateway,
                "commit": self.commit,
                "upstream_commit": self.upstream_commit,
            }
        )

    def _build(self, builds: ImageBuilds) -> None:
        settings = self._args.settings
        if not settings.prebuilt:
            server = ServerImage(
                "llama-server", ServerImageArgs(device=self._args.device, builds=builds), self._child
            )
            self.commit, self.upstream_commit = server.commit, server.upstream_commit
            self.image_id = self._push("llama-server", server.name, server.image_id)
        if not settings.gateway_prebuilt:
            gateway = BuiltImage(
                "gateway",
                BuiltImageArgs(
                    builds=builds,
                    kind="gateway",
                    dockerfile=DOCKERFILE,
                    arguments=build_arguments(settings),
                ),
                self._child,
            )
            self.gateway = self._push("gateway", gateway.name, gateway.image_id)

    def _push(self, name: str, image: pulumi.Output[str], image_id: pulumi.Output[str]) -> pulumi.Output[str]:
        """Push an image; return the name by which a cluster pulls exactly it."""
        pushed = run_program(
            f"{name}-push",
            "image_push",
            environment={
                **engine_environment(self._args.engine),
                "IMAGE_PUSH_IMAGE": image_id,
                "IMAGE_PUSH_NAME": pulumi.Output.concat(self._args.settings.registry, "/", image),
            },
            triggers=[],
            opts=self._child,
        )
        # Pulumi marks it secret if the engine is reached with a key; the name of an image is not secret.
        return pulumi.Output.unsecret(pushed.stdout)
