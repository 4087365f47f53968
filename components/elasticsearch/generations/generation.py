"""The wanted state of an alias, and its live state: the indices behind it, and those that were made for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from components.elasticsearch.endpoints import Endpoints
from components.elasticsearch.identity import Identity
from components.elasticsearch.ownership import Claim


@dataclass(frozen=True, kw_only=True)
class WantedIndex:
    """The index that a stack wants: `alias` is its name for people, `revision` the commit of the model.

    `revision` is only for display: what counts is the content of the model file, in `identity`. `adopt` allows an
    index that has the alias's name to be put behind the alias. `claim` says which indices are the stack's own.
    `endpoints` embed for it; None where documents come with their vectors. Those that people name follow the first of
    the stack's indices, which `moves_endpoints`.
    """

    alias: str
    pipeline_id: str
    identity: Identity
    revision: str
    keep_generations: int = 1
    adopt: bool = False
    claim: Claim = field(default_factory=Claim)
    endpoints: Endpoints | None = None
    moves_endpoints: bool = True

    @property
    def moved_endpoints(self) -> Endpoints | None:
        """The endpoints of which those that people name move when the alias does; None where none do."""
        return self.endpoints if self.moves_endpoints else None

    @property
    def setting(self) -> str:
        """The key of the setting that names the index."""
        return "elasticsearchIndex" if self.moves_endpoints else "elasticsearchAdditionalIndices"


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One concrete index behind, or once made for, an alias.

    `managed` says that a stack of this project made or adopted the index, `adopted` that it was made by hand, and
    `owner` which stack it belongs to and `alias` for which name it was made (empty where none is noted).
    `identity` is None for an index that is not managed, and for one whose identity can't be read; `unreadable` is then
    the reason. In a `closed` index nothing can be counted.
    `vector` is the mapping of the embeddings. `successor` is the generation that was being made when this project last
    closed the index to writers.
    `migration` is noted in an index that is being filled: its source, the strategy and the progress. `retired` is noted
    in an index that the alias has left: its successor, and the sum of its highest sequence numbers at that time.
    `touched` says that the index was written to since then, or is a copy that people made.
    `settings` and `mappings` are what people chose and a successor takes over. `of_people` is the number of documents
    that only people can have put there; None where they were not counted.
    """

    index: str
    managed: bool = False
    adopted: bool = False
    owner: str = ""
    alias: str = ""
    identity: Identity | None = None
    unreadable: str = ""
    closed: bool = False
    vector: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    default_pipeline: str = ""
    replicas: str = "0"
    aliases: Mapping[str, Any] = field(default_factory=dict)
    successor: str = ""
    migration: Mapping[str, Any] = field(default_factory=dict)
    retired: Mapping[str, Any] = field(default_factory=dict)
    touched: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    of_people: int | None = None

    @property
    def counter(self) -> int:
        """The number at the end of the name."""
        found = re.search(r"-(\d+)$", self.index)
        return int(found[1]) if found else 0


@dataclass(frozen=True, kw_only=True)
class KeptPipeline:
    """A pipeline that was kept for the generation `index`, as it was when the generation was made.

    `of_its_generation` says that this generation still uses the pipeline, `used` that any index does.
    """

    name: str
    index: str
    of_its_generation: bool
    used: bool


@dataclass(frozen=True, kw_only=True)
class LiveIndex:
    """Everything of an alias: `behind` are the indices that it points to, `beside` the other generations made for it.

    `others` are generations that another stack made for an alias of that name. `taken` are the names of all indices
    that begin like a generation's. `concrete` says that an index, not an alias, has the name. `kept_pipelines` are the
    pipelines that were kept for generations; empty where they were not read.
    """

    concrete: bool = False
    behind: tuple[Generation, ...] = ()
    beside: tuple[Generation, ...] = ()
    others: tuple[Generation, ...] = ()
    taken: frozenset[str] = frozenset()
    kept_pipelines: tuple[KeptPipeline, ...] = ()

    @property
    def current(self) -> Generation | None:
        """The generation that people use: of several behind the alias, the newest of ours, else the newest."""
        ordered = sorted(self.behind, key=lambda one: (one.managed, one.counter))
        return ordered[-1] if ordered else None

    def owned(self, claim: Claim) -> tuple[Generation, ...]:
        """Return the generations, behind and beside the alias, that belong to a stack and to no other index of it."""
        ours = (one for one in (*self.behind, *self.beside) if one.managed and claim.covers(one.owner))
        return tuple(one for one in ours if one.alias not in claim.siblings)

    def of_siblings(self, claim: Claim) -> tuple[Generation, ...]:
        """Return the generations behind the alias that were made for another index of the same stack."""
        return tuple(one for one in self.behind if one.managed and one.alias in claim.siblings)

    def seen_by(self, claim: Claim) -> "LiveIndex":
        """Return a copy in which the generations of other stacks are moved from `beside` to `others`."""
        ours = tuple(one for one in self.beside if claim.covers(one.owner))
        foreign = tuple(one for one in self.beside if one not in ours)
        return replace(self, beside=ours, others=(*self.others, *foreign))

    def is_unfinished(self, one: Generation) -> bool:
        """Whether an index is being filled from another one that still exists: it then holds only copies."""
        sources = {other.index for other in (*self.behind, *self.beside)}
        return one in self.beside and not one.touched and one.migration.get("source") in sources

    def is_copy(self, one: Generation) -> bool:
        """Whether an index beside the alias holds only documents that this project copied from or to another index."""
        if self.is_unfinished(one):
            return True
        current = self.current
        succeeded = current is not None and current.managed and current.counter > one.counter
        untouched = bool(one.retired) and not one.touched and not one.closed
        return one in self.beside and untouched and succeeded


def new_name(wanted: WantedIndex, live: LiveIndex) -> str:
    """Return a free name for a generation, made of alias, dims, quant, revision and a counter."""
    counter = max((one.counter for one in (*live.behind, *live.beside, *live.others)), default=0) + 1
    revision = re.sub(r"[^a-z0-9]", "", wanted.revision.lower())[:8] or "unknown"
    identity = wanted.identity
    stem = f"{wanted.alias}-{identity.dims}-{identity.quant.lower()}-{revision}"
    # An index of people's may have that name already.
    while f"{stem}-{counter}" in live.taken:
        counter += 1
    return f"{stem}-{counter}"


def alias_of_name(index: str) -> str:
    """Return the alias in a generation's name, as `new_name` makes it; empty for other names."""
    found = re.fullmatch(r"(.+)-\d+-[a-z0-9_]+-(?:[a-z0-9]{1,8})-\d+", index)
    return found[1] if found else ""
