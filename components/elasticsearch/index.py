"""An index and its vectors, and the alias that people read and write: what is there, and single changes to it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.elasticsearch.client import Requests
from components.elasticsearch.digest import DIGEST_MAPPING
from components.elasticsearch.documents import Held, read_held
from components.elasticsearch.errors import NotFoundError, RefusedError
from components.elasticsearch.identity import MANAGED_BY, Identity
from components.elasticsearch.pipeline import CONTENT, DIGEST, VECTOR
from components.elasticsearch.sequence import read_progress

KEPT_SETTINGS = (
    *("number_of_shards", "analysis", "similarity", "sort", "mapping", "codec", "refresh_interval"),
    *("max_result_window", "max_ngram_diff", "max_shingle_diff", "query", "highlight"),
    "routing_partition_size",
)
"""Settings of an index that people choose, and that its successor needs to take the same documents."""


@dataclass(frozen=True, kw_only=True)
class WantedIndex:
    """The index that a stack wants: `alias` is its name for people, `revision` the commit of the model.

    The revision is only told: what counts is the content of the model file, in `identity`. `adopt` allows that an
    index which has the alias's name is put behind the alias.
    """

    alias: str
    pipeline_id: str
    identity: Identity
    revision: str
    keep_generations: int = 1
    adopt: bool = False


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One concrete index behind, or once made for, an alias.

    `identity` is None for an index that this project did not make; `vector` is its mapping of the embeddings;
    `successor` is the generation that was being made when the index was last closed to writers by this project.
    `migration` says of an index that is being filled what from, how, and how far; `retired` of one that the alias
    has left what took its place and the sum of its sequence numbers then; `touched` that it was written to since.
    `settings` and `mappings` are what people chose and a successor takes over.
    """

    index: str
    identity: Identity | None = None
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
    """Everything of an alias: `behind` is what it points to, `beside` this project's indices that it does not.

    `concrete` says that an index, not an alias, has the name.
    """

    concrete: bool = False
    behind: tuple[Generation, ...] = ()
    beside: tuple[Generation, ...] = ()

    @property
    def current(self) -> Generation | None:
        """The generation that people use: ours before any other, the newest first."""
        ordered = sorted(self.behind, key=lambda one: (one.identity is not None, one.counter))
        return ordered[-1] if ordered else None

    def is_unfinished(self, one: Generation) -> bool:
        """Whether an index is being filled from another that is still there: all it holds are copies."""
        sources = {other.index for other in (*self.behind, *self.beside)}
        return one in self.beside and one.migration.get("source") in sources

    def is_copy(self, one: Generation) -> bool:
        """Whether everything that an index beside the alias holds is elsewhere too, by our own doing."""
        if self.is_unfinished(one):
            return True
        current = self.current
        succeeded = current is not None and current.identity is not None and current.counter > one.counter
        return one in self.beside and bool(one.retired) and not one.touched and succeeded


def read_live(client: Requests, alias: str) -> LiveIndex:
    """Read the alias, what is behind it, and the generations that were made for it."""
    named = client.find(f"/{alias}") or {}
    if alias in named:
        return LiveIndex(concrete=True)
    made = client.find(f"/{alias}-*", query={"expand_wildcards": "open,hidden"}) or {}
    behind = tuple(_generation(client, index, body) for index, body in sorted(named.items()))
    beside = tuple(
        _generation(client, index, body)
        for index, body in sorted(made.items())
        if index not in named and _meta(body).get("alias") == alias
    )
    return LiveIndex(behind=behind, beside=beside)


def new_name(wanted: WantedIndex, live: LiveIndex) -> str:
    """Return a free name that says what made the generation: dims, quant, revision and a counter."""
    counter = max((one.counter for one in (*live.behind, *live.beside)), default=0) + 1
    revision = re.sub(r"[^a-z0-9]", "", wanted.revision.lower())[:8] or "unknown"
    identity = wanted.identity
    return f"{wanted.alias}-{identity.dims}-{identity.quant.lower()}-{revision}-{counter}"


def vector_mapping(identity: Identity) -> dict[str, Any]:
    """Return the mapping of the embeddings; nothing is left to defaults, which differ by version and licence."""
    return {
        "type": "dense_vector",
        "dims": identity.dims,
        "similarity": identity.similarity,
        "index": True,
        "index_options": {"type": identity.index_options},
    }


def build_index(wanted: WantedIndex, *, predecessor: Generation | None = None) -> dict[str, Any]:
    """Return the body that creates a generation.

    What people did to its predecessor is carried on: fields that they added, how they are analysed, shards, and the
    number of replicas, which is 0 at first since a single node has no place for one.
    """
    added = {CONTENT: {"type": "text"}, **(predecessor.properties if predecessor else {})}
    ours = {VECTOR: vector_mapping(wanted.identity), DIGEST: DIGEST_MAPPING}
    return {
        "settings": {
            "index": {
                **(predecessor.settings if predecessor else {}),
                "default_pipeline": wanted.pipeline_id,
                "number_of_replicas": int(predecessor.replicas) if predecessor else 0,
            }
        },
        "mappings": {
            **(predecessor.mappings if predecessor else {}),
            "_meta": build_meta(wanted),
            "properties": {**added, **ours},
        },
    }


def create_index(client: Requests, index: str, body: Mapping[str, Any]) -> None:
    """Create an index of a name that was free a moment ago, so that one of that name is ours, its answer lost."""
    try:
        client.request("PUT", f"/{index}", body, query={"wait_for_active_shards": 1})
    except RefusedError as error:
        if error.kind != "resource_already_exists_exception":
            raise


def build_meta(wanted: WantedIndex) -> dict[str, Any]:
    """Return what a generation says of itself."""
    return {
        "managed_by": MANAGED_BY,
        "alias": wanted.alias,
        "identity": wanted.identity.as_dict(),
        "revision": wanted.revision,
    }


def read_meta(client: Requests, index: str) -> dict[str, Any]:
    """Return what an index says of itself."""
    return _meta(client.request("GET", f"/{index}")[index])


def add_meta(client: Requests, index: str, added: Mapping[str, Any]) -> None:
    """Add to what an index says of itself; an empty value takes its key away."""
    meta = {**read_meta(client, index), **added}
    kept = {key: value for key, value in meta.items() if value not in ("", {})}
    client.request("PUT", f"/{index}/_mapping", {"_meta": kept})


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


def _generation(client: Requests, index: str, body: Mapping[str, Any]) -> Generation:
    meta = _meta(body)
    mappings = body.get("mappings", {})
    properties = mappings.get("properties", {})
    settings = body.get("settings", {}).get("index", {})
    ours = meta.get("managed_by") == MANAGED_BY
    retired = dict(meta.get("retired") or {}) if ours else {}
    return Generation(
        index=index,
        identity=Identity.of(meta.get("identity", {})) if ours else None,
        vector=properties.get(VECTOR, {}),
        properties=properties,
        default_pipeline=str(settings.get("default_pipeline", "")),
        replicas=str(settings.get("number_of_replicas", "0")),
        aliases=body.get("aliases", {}),
        successor=str(meta.get("successor", "")) if ours else "",
        migration=dict(meta.get("migration") or {}) if ours else {},
        retired=retired,
        touched=bool(retired) and read_progress(client, index).written != retired.get("written"),
        settings={key: settings[key] for key in KEPT_SETTINGS if key in settings},
        mappings={key: value for key, value in mappings.items() if key not in ("_meta", "properties")},
        held=read_held(client, index),
    )


def _meta(body: Mapping[str, Any]) -> dict[str, Any]:
    return dict(body.get("mappings", {}).get("_meta", {}))
