"""What is wanted of an alias and what is there of it: the indices behind it, and those once made for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from components.elasticsearch.identity import Identity
from components.elasticsearch.ownership import Claim


@dataclass(frozen=True, kw_only=True)
class WantedIndex:
    """The index that a stack wants: `alias` is its name for people, `revision` the commit of the model.

    The revision is only told: what counts is the content of the model file, in `identity`. `adopt` allows that an
    index which has the alias's name is put behind the alias. `claim` says which indices are the stack's own.
    """

    alias: str
    pipeline_id: str
    identity: Identity
    revision: str
    keep_generations: int = 1
    adopt: bool = False
    claim: Claim = field(default_factory=Claim)


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One concrete index behind, or once made for, an alias.

    `managed` says that a stack of this project made or adopted it, `adopted` that it was made by hand, and `owner`
    whose it is (empty where it says nothing). `identity` is None for an index that is not managed, and for one whose
    identity can't be read, for the reason `unreadable`. Of one that is `closed`, nothing can be counted.
    `vector` is its mapping of the embeddings; `successor` is the generation that was being made when the index was last
    closed to writers by this project.
    `migration` says of an index that is being filled what from, how, and how far; `retired` of one that the alias
    has left what took its place and the sum of its sequence numbers then; `touched` that it was written to since, or is
    a copy that people made.
    `settings` and `mappings` are what people chose and a successor takes over. `of_people` is the number of documents
    that only people can have put there; None where nobody counted them.
    """

    index: str
    managed: bool = False
    adopted: bool = False
    owner: str = ""
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
    """A pipeline that was kept for the generation `index`, as it was when that was made.

    `of_its_generation` says that this one still embeds by it, `used` that any index does.
    """

    name: str
    index: str
    of_its_generation: bool
    used: bool


@dataclass(frozen=True, kw_only=True)
class LiveIndex:
    """Everything of an alias: `behind` is what it points to, `beside` the generations made for it that it does not.

    `others` are generations that another stack made for an alias of that name, `taken` the names of all indices that
    begin like a generation's. `concrete` says that an index, not an alias, has the name. `kept_pipelines` are those
    that were kept for generations; there are none where they were not read.
    """

    concrete: bool = False
    behind: tuple[Generation, ...] = ()
    beside: tuple[Generation, ...] = ()
    others: tuple[Generation, ...] = ()
    taken: frozenset[str] = frozenset()
    kept_pipelines: tuple[KeptPipeline, ...] = ()

    @property
    def current(self) -> Generation | None:
        """The generation that people use: ours before any other, the newest first."""
        ordered = sorted(self.behind, key=lambda one: (one.managed, one.counter))
        return ordered[-1] if ordered else None

    def owned(self, claim: Claim) -> tuple[Generation, ...]:
        """Return the generations, behind and beside the alias, that belong to a stack."""
        return tuple(one for one in (*self.behind, *self.beside) if one.managed and claim.covers(one.owner))

    def seen_by(self, claim: Claim) -> "LiveIndex":
        """Return the same with what another stack made taken away from `beside`."""
        ours = tuple(one for one in self.beside if claim.covers(one.owner))
        foreign = tuple(one for one in self.beside if one not in ours)
        return replace(self, beside=ours, others=(*self.others, *foreign))

    def is_unfinished(self, one: Generation) -> bool:
        """Whether an index is being filled from another that is still there: all it holds are copies."""
        sources = {other.index for other in (*self.behind, *self.beside)}
        return one in self.beside and not one.touched and one.migration.get("source") in sources

    def is_copy(self, one: Generation) -> bool:
        """Whether everything that an index beside the alias holds is elsewhere too, by our own doing."""
        if self.is_unfinished(one):
            return True
        current = self.current
        succeeded = current is not None and current.managed and current.counter > one.counter
        untouched = bool(one.retired) and not one.touched and not one.closed
        return one in self.beside and untouched and succeeded


def new_name(wanted: WantedIndex, live: LiveIndex) -> str:
    """Return a free name that says what made the generation: dims, quant, revision and a counter."""
    counter = max((one.counter for one in (*live.behind, *live.beside, *live.others)), default=0) + 1
    revision = re.sub(r"[^a-z0-9]", "", wanted.revision.lower())[:8] or "unknown"
    identity = wanted.identity
    stem = f"{wanted.alias}-{identity.dims}-{identity.quant.lower()}-{revision}"
    # People may have given an index of theirs any name.
    while f"{stem}-{counter}" in live.taken:
        counter += 1
    return f"{stem}-{counter}"


def alias_of_name(index: str) -> str:
    """Return the alias that a generation was made for, by its name as `new_name` makes it; empty for other names."""
    found = re.fullmatch(r"(.+)-\d+-[a-z0-9_]+-(?:[a-z0-9]{1,8})-\d+", index)
    return found[1] if found else ""
