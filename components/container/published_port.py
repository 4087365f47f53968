"""Declares a port that a container publishes on the engine's machine, and the check that nobody else has it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.commands.port_check import OWNER
from components.program.declaration import run_program


@dataclass(frozen=True, kw_only=True)
class PublishedPort:
    """`port` of `address`, chosen by `setting`, for `container` of the stack with the id `owner`.

    `former` is the name of the container that has the port in a stack of an earlier version; it makes way.
    """

    address: str
    port: int
    setting: str
    container: str
    owner: pulumi.Input[str]
    former: str = ""

    @property
    def label(self) -> docker.ContainerLabelArgs:
        """The label that tells another stack, or this stack under another name, which stack owns the container."""
        return docker.ContainerLabelArgs(label=OWNER, value=self.owner)

    def published(self, internal: int) -> docker.ContainerPortArgs:
        """Publish the port `internal` of the container here."""
        return docker.ContainerPortArgs(internal=internal, external=self.port, ip=self.address)

    def check(
        self, name: str, engine: Mapping[str, pulumi.Input[str]], parent: pulumi.Resource
    ) -> pulumi.Resource:
        """Declare the check, on which the container must depend; `engine` is the environment to reach the engine."""
        return run_program(
            f"{name}-port",
            "port_check",
            environment={
                **engine,
                "PORT_CHECK_ADDRESS": self.address,
                "PORT_CHECK_PORT": str(self.port),
                "PORT_CHECK_CONTAINER": self.container,
                "PORT_CHECK_OWNER": self.owner,
                "PORT_CHECK_SETTING": self.setting,
                **({"PORT_CHECK_FORMER": self.former} if self.former else {}),
            },
            triggers=[],
            opts=pulumi.ResourceOptions(parent=parent),
        )
