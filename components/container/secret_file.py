"""Declares a secret that a container reads from a file.

A container's environment is in what the engine answers about it, and the Docker provider writes such answers into
Pulumi's log in clear. So the provider never gets the secret: a program puts it into a volume.
"""

from collections.abc import Mapping

import pulumi
import pulumi_docker as docker

from components.program.declaration import run_program

FOLDER = "/run/secrets/stack"
"""Where a container sees the volume."""


class SecretFile(pulumi.ComponentResource):
    """A file with `content` in a volume of the engine.

    `image_id` is the image of the container that reads it, `owner` the user and group that it runs as, empty for the
    image's own; `engine` is what makes a program talk to the engine. `path` is the file in a container that has
    `mount`: another one for another content.
    """

    path: pulumi.Output[str]
    mount: docker.ContainerMountArgs

    def __init__(
        self,
        name: str,
        *,
        volume_name: str,
        content: pulumi.Input[str],
        image_id: pulumi.Input[str],
        owner: str,
        engine: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("jina:secrets:SecretFile", name, None, opts)
        volume = docker.Volume(
            name, name=volume_name, opts=pulumi.ResourceOptions(parent=self, delete_before_replace=False)
        )
        delivery = run_program(
            name,
            "secret_delivery",
            environment={
                **engine,
                "SECRET_DELIVERY_VOLUME": volume.name,
                "SECRET_DELIVERY_IMAGE": image_id,
                "SECRET_DELIVERY_OWNER": owner,
                "SECRET_DELIVERY_CONTENT": pulumi.Output.secret(content),
            },
            triggers=[volume.id],
            opts=pulumi.ResourceOptions(parent=self),
        )
        # Secret only because the program is given one: what it prints is the name of a file.
        self.path = pulumi.Output.format("{0}/{1}", FOLDER, pulumi.Output.unsecret(delivery.stdout))
        self.mount = docker.ContainerMountArgs(
            type="volume", source=volume.name, target=FOLDER, read_only=True
        )
        self.register_outputs({"path": self.path})
