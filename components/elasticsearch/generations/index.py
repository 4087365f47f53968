"""Builds the body of an index, with the mapping of its embeddings and its notes, and makes single changes to an index.

The notes of an index are the `_meta` of its mappings, where this project records what it did with the index.
"""

from collections.abc import Mapping
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.digest import DIGEST_MAPPING
from components.elasticsearch.errors import ConflictError, NotFoundError, RefusedError
from components.elasticsearch.fields import CONTENT, DIGEST, VECTOR
from components.elasticsearch.generations.generation import Generation, WantedIndex
from components.elasticsearch.generations.kept_settings import replica_settings, room_for_fields
from components.elasticsearch.identity import MANAGED_BY, VERSION, Identity
from components.elasticsearch.ownership import OWNER


def vector_mapping(identity: Identity) -> dict[str, Any]:
    """Return the mapping of the embeddings; it sets every option, because defaults differ by version and license."""
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

    Takes over what people added to its `predecessor`: fields, notes and settings. `replicas` is the number of replicas
    of a generation without a predecessor.
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
    """Create an index.

    An existing index of that name with the same notes counts as created: only the response to an earlier request was
    lost. Raises ConflictError when somebody else has created one with other notes.
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
    """Return the notes of a new generation."""
    return {
        "managed_by": MANAGED_BY,
        **({OWNER: wanted.claim.owner} if wanted.claim.owner else {}),
        "alias": wanted.alias,
        "identity": wanted.identity.as_dict(),
        "identity_version": VERSION,
        "revision": wanted.revision,
    }


def read_meta(client: Requests, index: str) -> dict[str, Any]:
    """Return the notes of an index."""
    return meta_of(client.request("GET", f"/{index}")[index])


def add_meta(client: Requests, index: str, added: Mapping[str, Any]) -> None:
    """Add to the notes of an index; an empty value removes its key."""
    meta = {**read_meta(client, index), **added}
    kept = {key: value for key, value in meta.items() if value not in ("", {})}
    client.request("PUT", f"/{index}/_mapping", {"_meta": kept})


def note_migration(client: Requests, index: str, noted: Mapping[str, Any]) -> None:
    """Add to the note `migration` of an index, which says how the index is filled."""
    meta = read_meta(client, index)
    meta["migration"] = {**meta.get("migration", {}), **noted}
    client.request("PUT", f"/{index}/_mapping", {"_meta": meta})


def close_to_writers(client: Requests, old: Generation, successor: str) -> None:
    """Make an index refuse writes (403) while its documents are carried over; note its `successor` in it first."""
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
    """Make an index use another default pipeline."""
    client.request("PUT", f"/{index}/_settings", {"index.default_pipeline": pipeline_id})


def delete_index(client: Requests, index: str) -> None:
    """Delete an index if it is there."""
    try:
        client.request("DELETE", f"/{index}")
    except NotFoundError:
        return


def meta_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the notes of an index from its body, as `GET /<index>` shows it."""
    return dict(body.get("mappings", {}).get("_meta", {}))
