"""What is known of a stack at one moment, a class for each part; a part that told nothing is an Unread."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from jinactl.kernels.said import Multiplying

Role = Literal["live", "in migration", "kept"]
"""What a generation is for: searched now, being filled from another one, or left by the alias and not deleted."""


@dataclass(frozen=True)
class Unread:
    """A part that could not be read, and `why` in one line."""

    why: str


@dataclass(frozen=True, kw_only=True)
class ClusterState:
    """The Elasticsearch cluster: `license_expires` is an ISO date and time in UTC, empty for one without an end."""

    version: str
    license: str
    license_active: bool
    license_expires: str


@dataclass(frozen=True, kw_only=True)
class GenerationState:
    """One concrete index behind the alias, or once made for it.

    `documents` is None and `bytes` 0 where they can't be counted, as in a closed index. `identity` tells dims, quant
    and model, and is empty where the index doesn't say how its vectors were made. `blocks` are those of
    Elasticsearch's settings that keep people from writing.
    """

    name: str
    role: Role
    documents: int | None
    bytes: int
    dims: int
    identity: str
    closed: bool
    blocks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EmbeddingsState:
    """How many documents have an embedding of another text than theirs (`stale`), or a text and none (`without`).

    Both are lower bounds unless `whole`, since only so many of the documents were looked at.
    """

    stale: int
    without: int
    whole: bool


@dataclass(frozen=True, kw_only=True)
class BackupState:
    """The newest backup; `documents` are those of the stack's index in it."""

    name: str
    started: datetime
    documents: int
    whole: bool


@dataclass(frozen=True, kw_only=True)
class IndexState:
    """What is behind an alias: `health` is Elasticsearch's green, yellow or red, empty where it isn't told.

    `generations` begin with those that are live. An alias without one leads nowhere. `backup` is None where none was
    made yet, or the node isn't the stack's own.
    """

    health: str
    generations: tuple[GenerationState, ...]
    embeddings: EmbeddingsState | Unread
    backup: BackupState | Unread | None

    @property
    def live(self) -> tuple[GenerationState, ...]:
        """The generations that people search; more than one only in a moment of a migration or by hand."""
        return tuple(one for one in self.generations if one.role == "live")

    @property
    def documents(self) -> int:
        """How many documents people search."""
        return sum(one.documents or 0 for one in self.live)


@dataclass(frozen=True, kw_only=True)
class DiskState:
    """The disk of a node, in bytes: how large, what is free, and what must be free below each watermark.

    Below `low` Elasticsearch puts no new copy of an index there, below `high` it moves some away, and below `flood` it
    refuses writes.
    """

    node: str
    total: int
    free: int
    low: int
    high: int
    flood: int


@dataclass(frozen=True, kw_only=True)
class LaneState:
    """A lane of the gateway: whether its server is `well`, and how much it has to do.

    `requests` are those that it works on or that wait for it, `texts` those that are being embedded, and `waiting` the
    texts that wait for a slot of the server; None where the gateway's metrics didn't tell.
    """

    name: str
    well: bool
    requests: int | None
    texts: int | None
    waiting: int | None


@dataclass(frozen=True, kw_only=True)
class GatewayState:
    """The gateway and its lanes; `refused` counts refusals by their code since it was started."""

    url: str
    lanes: tuple[LaneState, ...]
    refused: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class ContainerState:
    """A container of the stack, or a pod, in the words of Docker or Kubernetes.

    `image` is empty for a pod, `status` is "running" for what runs, and `health` is empty for a container without a
    health check. `logs` is the command line that shows the log, or why there is none yet.
    """

    name: str
    image: str
    status: str
    health: str
    restarts: int
    logs: str


@dataclass(frozen=True, kw_only=True)
class Status:
    """Everything at the time `at`; `indices` are by their aliases, the stack's first one first.

    `model`, `quant`, `dims`, `width` and `llama_cpp` (a commit, may be empty) are what the stack's outputs say.
    `multiplying` tells by what the server for documents multiplies matrices.
    """

    at: datetime
    model: str
    quant: str
    dims: int
    width: int
    llama_cpp: str
    embeds_in_client: bool
    own_node: bool
    elasticsearch_url: str
    multiplying: Multiplying | Unread
    containers: tuple[ContainerState, ...] | Unread
    gateway: GatewayState | Unread
    cluster: ClusterState | Unread
    indices: Mapping[str, IndexState | Unread]
    disks: tuple[DiskState, ...] | Unread
