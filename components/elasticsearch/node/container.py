"""What the container of the stack's own Elasticsearch node looks like, as plain functions of the settings.

All of this is the contract of the official image: settings as environment, user 1000 in group 0, data below
/usr/share/elasticsearch/data. The folder of the backups is ours.
"""

from collections.abc import Mapping
from http import HTTPStatus

import pulumi
import pulumi_docker as docker

from components.container.health import http_healthcheck
from components.settings import ElasticsearchSettings

ALIAS = "elasticsearch"
"""Name of the node on the stack's network."""

PORT = 9200
"""Port of the node inside its container."""

ADDRESS = "127.0.0.1"
"""Where the node is published: on loopback alone, for it speaks plain HTTP."""

DATA = "/usr/share/elasticsearch/data"
BACKUPS = "/usr/share/elasticsearch/backups"
"""Where snapshot repositories of type fs may be, and the volume for them is mounted."""

USER = "1000:0"
READY_WITHIN = 180
"""Seconds within which the node must answer."""

ANSWER_WITHIN = 8
"""Seconds within which a node that is up must answer."""

HEALTHY = (HTTPStatus.OK, HTTPStatus.UNAUTHORIZED)
"""What a node answers that is up."""

STOPPED_AFTER = 60
"""Seconds that the node gets to close its indices when it is stopped."""

FREE_DISK = "1gb"
"""Below it the node stops to allocate shards: its defaults are shares of the disk, often tens of gigabytes."""


def environment(settings: ElasticsearchSettings) -> dict[str, str]:
    """Return the node's environment; its password is in a file."""
    chosen = {
        "discovery.type": "single-node",
        "path.repo": BACKUPS,
        "xpack.security.enabled": "true",
        # It is published on loopback alone, and the stack's network is its own.
        "xpack.security.http.ssl.enabled": "false",
        # The node's first start decides; later this changes nothing in its data.
        "xpack.license.self_generated.type": "basic" if settings.embeds_in_client else "trial",
        "ES_JAVA_OPTS": f"-Xms{settings.heap}m -Xmx{settings.heap}m",
    }
    for level in ("low", "high", "flood_stage"):
        chosen[f"cluster.routing.allocation.disk.watermark.{level}"] = FREE_DISK
    return chosen


def mounts(volumes: Mapping[str, pulumi.Input[str]]) -> list[docker.ContainerMountArgs]:
    """Mount volumes: `volumes` maps the folder in the container to the name of a volume."""
    return [
        docker.ContainerMountArgs(type="volume", source=source, target=target)
        for target, source in volumes.items()
    ]


def healthcheck() -> docker.ContainerHealthcheckArgs:
    """Ask the node whether it answers."""
    return http_healthcheck(
        PORT, "/", healthy=HEALTHY, answer_within=ANSWER_WITHIN, ready_within=READY_WITHIN
    )
