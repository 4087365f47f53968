"""Declares how the model file reaches the server's container: as it lies on this machine, or copied into a volume."""

from collections.abc import Mapping

import pulumi
import pulumi_docker as docker

from components.program.declaration import run_program
from components.server import container
from components.settings import ModelSettings

DIGITS = 12
"""How many digits of the file's SHA-256 are part of the volume's name."""


def bind_mount(model: ModelSettings, path: pulumi.Input[str]) -> docker.ContainerMountArgs:
    """Mount the one file, for an engine on this machine."""
    return docker.ContainerMountArgs(
        type="bind", source=path, target=f"{container.MODELS}/{model.file}", read_only=True
    )


class ModelVolume(pulumi.ComponentResource):
    """A volume with the model file, for an engine that does not see this machine's files.

    It is named after the file's content, so other content gets a volume of its own. `mount` is for the container,
    which must depend on this component: the file is verified in the volume before.
    """

    mount: docker.ContainerMountArgs

    def __init__(
        self,
        name: str,
        *,
        volume_name: str,
        model: ModelSettings,
        path: pulumi.Input[str],
        sha256: pulumi.Input[str],
        image_id: pulumi.Input[str],
        environment: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jina:server:ModelVolume", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        named = pulumi.Output.from_input(sha256).apply(lambda digest: f"{volume_name}-{digest[:DIGITS]}")
        volume = docker.Volume(
            name, name=named, opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False)
        )
        run_program(
            name,
            "model_delivery",
            environment={
                **environment,
                "MODEL_DELIVERY_SOURCE": path,
                "MODEL_DELIVERY_FILE": model.file,
                "MODEL_DELIVERY_SHA256": sha256,
                "MODEL_DELIVERY_VOLUME": volume.name,
                "MODEL_DELIVERY_IMAGE": image_id,
            },
            triggers=[volume.id, sha256],
            opts=own,
        )
        self.mount = docker.ContainerMountArgs(
            type="volume", source=volume.name, target=container.MODELS, read_only=True
        )
        self.register_outputs({"volume": volume.name})
