"""An index and its vectors, and the alias that people read and write: what is there, and single changes to it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.demo import Held
from components.elasticsearch.documents.digest import DIGEST_MAPPING
from components.elasticsearch.errors import ConflictError, NotFoundError, RefusedError
from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR
from components.elasticsearch.generations.kept_settings import replica_settings, room_for_fields
from components.elasticsearch.identity import MANAGED_BY, VERSION, Identity
from components.elasticsearch.ownership import OWNER, Claim


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

    `managed` says that a stack of this project made it, and `owner` which (empty where it says none). `identity` is
    None for an index that this project did not make, and for one whose identity can't be read, for the reason
    `unreadable`. Of one that is `closed`, nothing can be counted. `vector` is its mapping of the embeddings;
    `successor` is the generation that was being made when the index was last closed to writers by this project.
    `migration` says of an index that is being filled what from, how, and how far; `retired` of one that the alias
    has left what took its place and the sum of its sequence numbers then; `touched` that it was written to since, or is
    a copy that people made.
    `settings` and `mappings` are what people chose and a successor takes over.
    """

    index: str
    managed: bool = False
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
    held: Held = field(default_factory=Held)

    @property
    def counter(self) -> int:
        """The number at the end of the name."""
        found = re.search(r"-(\d+)$", self.index)
        return int(found[1]) if found else 0


@dataclass(frozen=True, kw_only=True)
class LiveIndex:
    """Everything of an alias: `behind` is what it points to, `beside` the generations made for it that it does not.

    `others` are generations that another stack made for an alias of that name, `taken` the names of all indices that
    begin like a generation's. `concrete` says that an index, not an alias, has the name.
    """

    concrete: bool = False
    behind: tuple[Generation, ...] = ()
    beside: tuple[Generation, ...] = ()
    others: tuple[Generation, ...] = ()
    taken: frozenset[str] = frozenset()

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


def vector_mapping(identity: Identity) -> dict[str, Any]:
    """Return the mapping of the embeddings; nothing is left to defaults, which differ by version and licence."""
    return {
        "type": "dense_vector",
        "dims": identity.dims,
        "similarity": identity.similarity,
        "index": True,
        "index_options": {"type": identity.index_options},
    }


def build_index(
    wanted: WantedIndex, *, predecessor: Generation | None = None, replicas: int = 0
) -> dict[str, Any]:
    """Return the body that creates a generation.

    What people did to its predecessor is carried on: fields and notes that they added, and what they set. `replicas`
    is for one that has none.
    """
    people = predecessor or Generation(index="", replicas=str(replicas))
    ours = {VECTOR: vector_mapping(wanted.identity), DIGEST: DIGEST_MAPPING}
    properties = {CONTENT: {"type": "text"}, **people.properties, **ours}
    runtime = people.mappings.get("runtime", {})
    kept = room_for_fields(people.settings, {**runtime, **people.properties}, {**runtime, **properties})
    return {
        "settings": {
            "index": {
                **(kept if predecessor else {}),
                "default_pipeline": wanted.pipeline_id,
                **replica_settings(kept, int(people.replicas)),
            }
        },
        "mappings": {
            **people.mappings,
            "_meta": {**people.mappings.get("_meta", {}), **build_meta(wanted)},
            "properties": properties,
        },
    }


def create_index(client: Requests, index: str, body: Mapping[str, Any]) -> None:
    """Create an index; one of that name that notes the same is ours, and the answer to the request for it was lost.

    Raises ConflictError when somebody else was quicker.
    """
    try:
        client.request("PUT", f"/{index}", body, query={"wait_for_active_shards": 1})
    except RefusedError as error:
        if error.kind != "resource_already_exists_exception":
            raise
        if read_meta(client, index) != body["mappings"]["_meta"]:
            raise ConflictError(
                f"Index {index} was made by somebody else a moment ago, and is left as it is. Run the command again."
            ) from error


def build_meta(wanted: WantedIndex) -> dict[str, Any]:
    """Return what a generation says of itself."""
    return {
        "managed_by": MANAGED_BY,
        **({OWNER: wanted.claim.owner} if wanted.claim.owner else {}),
        "alias": wanted.alias,
        "identity": wanted.identity.as_dict(),
        "identity_version": VERSION,
        "revision": wanted.revision,
    }


def read_meta(client: Requests, index: str) -> dict[str, Any]:
    """Return what an index says of itself."""
    return meta_of(client.request("GET", f"/{index}")[index])


def add_meta(client: Requests, index: str, added: Mapping[str, Any]) -> None:
    """Add to what an index says of itself; an empty value takes its key away."""
    meta = {**read_meta(client, index), **added}
    kept = {key: value for key, value in meta.items() if value not in ("", {})}
    client.request("PUT", f"/{index}/_mapping", {"_meta": kept})


def note_migration(client: Requests, index: str, noted: Mapping[str, Any]) -> None:
    """Add to what an index says of how it is filled."""
    meta = read_meta(client, index)
    meta["migration"] = {**meta.get("migration", {}), **noted}
    client.request("PUT", f"/{index}/_mapping", {"_meta": meta})


def close_to_writers(client: Requests, old: Generation, successor: str) -> None:
    """Have an index refuse writes (403) while its documents are carried over; note first that it was us."""
    add_meta(client, old.index, {"successor": successor})
    client.request("PUT", f"/{old.index}/_block/write")


def open_to_writers(client: Requests, index: str) -> None:
    """Undo `close_to_writers`; an index that is gone is no error."""
    try:
        client.request("PUT", f"/{index}/_settings", {"index.blocks.write": None})
        add_meta(client, index, {"successor": "", "retired": {}})
    except NotFoundError:
        return


def set_default_pipeline(client: Requests, index: str, pipeline_id: str) -> None:
    """Have an index embed by another pipeline."""
    client.request("PUT", f"/{index}/_settings", {"index.default_pipeline": pipeline_id})


def delete_index(client: Requests, index: str) -> None:
    """Delete an index if it is there."""
    try:
        client.request("DELETE", f"/{index}")
    except NotFoundError:
        return


def meta_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an index says of itself, out of its body as `GET /<index>` shows it."""
    return dict(body.get("mappings", {}).get("_meta", {}))
