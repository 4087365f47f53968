"""Declares what a container that holds a port of the engine's machine has beside it: a look at who has the port."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.commands.port_check import OWNER
from components.program.declaration import run_program


@dataclass(frozen=True, kw_only=True)
class PublishedPort:
    """`port` of `address`, chosen by `setting`, for `container` of the stack with the id `owner`."""

    address: str
    port: int
    setting: str
    container: str
    owner: pulumi.Input[str]

    @property
    def label(self) -> docker.ContainerLabelArgs:
        """The label by which another stack, and this one under another name, knows whose the container is."""
        return docker.ContainerLabelArgs(label=OWNER, value=self.owner)

    def published(self, internal: int) -> docker.ContainerPortArgs:
        """Publish the port `internal` of the container here."""
        return docker.ContainerPortArgs(internal=internal, external=self.port, ip=self.address)

    def check(
        self, name: str, engine: Mapping[str, pulumi.Input[str]], parent: pulumi.Resource
    ) -> pulumi.Resource:
        """Declare the look, on which the container must depend; `engine` is what makes a program talk to the engine."""
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
            },
            triggers=[],
            opts=pulumi.ResourceOptions(parent=parent),
        )
