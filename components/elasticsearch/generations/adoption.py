"""Adopts an index that was made by hand and has the alias's name: puts it behind the alias with all its documents.

An index cannot be renamed, so it is cloned (which links its files and copies nothing). Then one atomic step deletes
the index and gives its name to the clone as an alias.
"""

from collections.abc import Mapping
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.digest import has_digest
from components.elasticsearch.errors import ConflictError, IndexingError
from components.elasticsearch.fields import VECTOR
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.aliases import alias_options
from components.elasticsearch.generations.generation import LiveIndex, WantedIndex, new_name
from components.elasticsearch.generations.live_index import read_live
from components.elasticsearch.generations.refusals import unlike_mapping


def require_adoptable(client: Requests, wanted: WantedIndex) -> Mapping[str, Any]:
    """Return the body of the index that has the alias's name, as `GET /<index>` shows it.

    Raises ConflictError when the mapping of its embeddings differs from the wanted one, or when it already has a field
    with the name of our digest field.
    """
    body: Mapping[str, Any] = client.request("GET", f"/{wanted.alias}")[wanted.alias]
    properties = body.get("mappings", {}).get("properties", {})
    has_digest(wanted.alias, properties)
    live = properties.get(VECTOR, {})
    ours = indices.vector_mapping(wanted.identity)
    if any(live.get(key) != ours[key] for key in ("type", "dims", "similarity")):
        raise ConflictError(unlike_mapping(f"Index {wanted.alias}", live, wanted))
    return body


def adopt(client: Requests, wanted: WantedIndex) -> str:
    """Put the index behind the alias and return its new name; after an interruption, do the rest.

    Raises ConflictError as `require_adoptable` does, and IndexingError when documents are missing from the clone. The
    index is then left unchanged.
    """
    body = require_adoptable(client, wanted)
    name = _free_name(client, wanted)
    # The clone inherits this note, by which the next run recognises the clone of an interrupted run.
    indices.add_meta(client, wanted.alias, {"adopted_as": name})
    try:
        client.request("PUT", f"/{wanted.alias}/_block/write")
        client.request("POST", f"/{wanted.alias}/_clone/{name}", {"settings": {"index.blocks.write": None}})
        _require_equal(client, wanted.alias, name)
        client.request(
            "POST", "/_aliases", {"actions": _actions(wanted.alias, name, body.get("aliases", {}))}
        )
    except BaseException:
        if not read_live(client, wanted.alias).concrete:
            return name  # only the response was lost
        indices.open_to_writers(client, wanted.alias)
        raise
    return name


def _free_name(client: Requests, wanted: WantedIndex) -> str:
    """Return a name for the clone; delete the clone of an interrupted run, because its source still exists."""
    first = new_name(wanted, LiveIndex())
    stem = first.removesuffix("1")
    number = 1
    while found := client.find(f"/{stem}{number}"):
        name = f"{stem}{number}"
        if found[name].get("mappings", {}).get("_meta", {}).get("adopted_as") == name:
            indices.delete_index(client, name)
            return name
        number += 1
    return f"{stem}{number}"


def _require_equal(client: Requests, source: str, clone: str) -> None:
    counts = []
    for index in (source, clone):
        client.request(
            "GET", f"/_cluster/health/{index}", query={"wait_for_status": "yellow", "timeout": "30s"}
        )
        client.request("POST", f"/{index}/_refresh")
        counts.append(int(client.request("GET", f"/{index}/_count")["count"]))
    if counts[0] != counts[1]:
        raise IndexingError(
            f"The clone {clone} holds {counts[1]} documents instead of the {counts[0]} of {source}, which is left as "
            "it was. Look at Elasticsearch's log, and run the command again."
        )


def _actions(index: str, clone: str, aliases: Mapping[str, Any]) -> list[dict[str, Any]]:
    moved = [
        {"add": {"index": clone, "alias": name, **alias_options(options)}}
        for name, options in aliases.items()
    ]
    return [{"remove_index": {"index": index}}, {"add": {"index": clone, "alias": index}}, *moved]
