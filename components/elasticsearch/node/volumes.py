"""Declares the volumes of the stack's own node, which hold data that nothing can make again."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.elasticsearch.node import container
from components.program.declaration import run_at_deletion, run_program

REPLACED_BY = ["name", "driver", "driverOpts", "labels"]
"""Every input of a volume of which a change makes another, empty one."""


@dataclass(frozen=True, kw_only=True)
class VolumeOwner:
    """Whose the volumes are.

    `stack_id` is the prefix of their names. With `chosen` somebody set it, and means the volumes of that name; else
    those that exist stay, also those that an earlier version of this project named after project and stack.
    """

    stack_id: pulumi.Input[str]
    chosen: bool

    def volume(self, name: str, what: str, parent: pulumi.Resource, *, named: str = "") -> docker.Volume:
        """Declare a volume that only its removal program deletes: no change of names, and no program that drops it.

        `named` is the name that somebody set for this very one, if any.
        """
        return docker.Volume(
            name,
            name=named or pulumi.Output.format("{0}-elasticsearch-{1}", self.stack_id, what),
            opts=pulumi.ResourceOptions(
                parent=parent,
                retain_on_delete=True,
                delete_before_replace=False,
                ignore_changes=None if self.chosen or named else REPLACED_BY,
            ),
        )


def data_volume(
    name: str,
    owner: VolumeOwner,
    engine: Mapping[str, pulumi.Input[str]],
    parent: pulumi.Resource,
    *,
    named: str,
) -> tuple[docker.Volume, pulumi.Resource]:
    """Declare the volume with the indices; return what the container must also depend on, so that it is deleted first.

    `named` is the name that somebody set for it, if any.
    """
    volume = owner.volume(name, "data", parent, named=named)
    removal = run_at_deletion(
        f"{name}-data-removal",
        "volume_removal",
        environment={**engine, "VOLUME_REMOVAL_VOLUME": volume.name},
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return volume, removal


def backup_volume(
    name: str,
    owner: VolumeOwner,
    engine: Mapping[str, pulumi.Input[str]],
    parent: pulumi.Resource,
    *,
    image: docker.RemoteImage,
    deleted: bool,
) -> tuple[docker.Volume, list[pulumi.Resource]]:
    """Declare the volume for backups; return what the container must depend on too.

    It outlives the stack unless it is empty, or `deleted` says that the backups were given up.
    """
    volume = owner.volume(f"{name}-backups", "backups", parent)
    removal = run_at_deletion(
        f"{name}-backups-removal",
        "volume_removal",
        environment={
            **engine,
            "VOLUME_REMOVAL_VOLUME": volume.name,
            "VOLUME_REMOVAL_IMAGE": image.image_id,
            "VOLUME_REMOVAL_KEPT_UNLESS_EMPTY": "false" if deleted else "true",
        },
        opts=pulumi.ResourceOptions(parent=parent),
    )
    preparation = run_program(
        f"{name}-backups",
        "volume_preparation",
        environment={
            **engine,
            "VOLUME_PREPARATION_VOLUME": volume.name,
            "VOLUME_PREPARATION_IMAGE": image.image_id,
            "VOLUME_PREPARATION_OWNER": container.USER,
        },
        triggers=[volume.id],
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return volume, [removal, preparation]
