"""Which settings and notes a successor takes over: all that neither Elasticsearch nor this project sets itself."""

import re
from collections.abc import Mapping
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import ConflictError

SET_BY_ELASTICSEARCH = """
uuid creation_date creation_date_string provided_name version history resize shrink blocks verified_before_close
verified_read_only routing.allocation.initial_recovery store.snapshot frozen lifecycle.indexing_complete downsample
rollup xpack number_of_routing_shards
""".split()
"""Settings that say how an index was made, or which state it is in. `settings_afterwards` looks at the blocks."""
SET_HERE = ("default_pipeline", "number_of_replicas")
NOT_KEPT = ("final_pipeline",)
"""A final pipeline would be applied to the same documents twice."""
KEPT_AFTERWARDS = ("routing.allocation.enable",)
"""Settings that would keep a new index from being filled, and are set once it is filled."""

OUR_NOTES = """
managed_by alias owner identity identity_version revision successor migration retired adopted_as adopted checked
""".split()
"""Keys of `_meta` that say what this project did with an index; any other key is people's."""

TOTAL_FIELDS = 1000
"""Elasticsearch's default for `mapping.total_fields.limit`."""

Nested = Mapping[str, Any]


def kept_settings(settings: Nested) -> dict[str, Any]:
    """Return those settings of an index that its successor takes over."""
    left_out = (*SET_BY_ELASTICSEARCH, *SET_HERE, *NOT_KEPT, *KEPT_AFTERWARDS)
    return settings_without(settings, left_out)


def without_refused(body: Nested, told: str) -> dict[str, Any] | None:
    """Return the body of an index without the settings that Elasticsearch refused as private; None if there are none.

    `told` is the reason of the refusal, which names them. A later version of Elasticsearch may have more private
    settings than are listed here.
    """
    private = tuple(re.findall(r"private index setting \[index\.([^\]]+)\]", told))
    if not private:
        return None
    return {**body, "settings": {"index": settings_without(body["settings"]["index"], private)}}


def kept_notes(meta: Nested) -> dict[str, Any]:
    """Return the notes that people made in the `_meta` of a mapping."""
    return {key: value for key, value in meta.items() if key not in OUR_NOTES}


def settings_without(settings: Nested, paths: tuple[str, ...], prefix: str = "") -> dict[str, Any]:
    """Return nested settings without those at the dotted `paths`, and without objects that are then empty."""
    left: dict[str, Any] = {}
    for key, value in settings.items():
        path = f"{prefix}{key}"
        if path in paths:
            continue
        inside = settings_without(value, paths, f"{path}.") if isinstance(value, Mapping) else value
        if inside != {}:
            left[key] = inside
    return left


def replica_settings(settings: Nested, replicas: int) -> dict[str, Any]:
    """Return the setting for `replicas`; none where `auto_expand_replicas` makes Elasticsearch choose the number."""
    grows_by_itself = str(settings.get("auto_expand_replicas", "false")) != "false"
    return {} if grows_by_itself else {"number_of_replicas": replicas}


def room_for_fields(settings: Nested, before: Nested, after: Nested) -> dict[str, Any]:
    """Return settings whose limit of fields is raised by the number of new fields, so that people lose no room.

    `before` and `after` are the properties of the mappings.
    """
    limit = settings.get("mapping", {}).get("total_fields", {}).get("limit")
    added = count_mappers(after) - count_mappers(before)
    if added <= 0 or (limit is None and count_mappers(after) <= TOTAL_FIELDS):
        return dict(settings)
    mapping = settings.get("mapping", {})
    fields = {**mapping.get("total_fields", {}), "limit": int(limit or TOTAL_FIELDS) + added}
    return {**settings, "mapping": {**mapping, "total_fields": fields}}


def count_mappers(properties: Nested) -> int:
    """Return how many fields of the properties count towards the limit: objects and multi-fields count too."""
    below = (one.get(key, {}) for one in properties.values() for key in ("properties", "fields"))
    return len(properties) + sum(map(count_mappers, below))


def default_replicas(client: Requests) -> int:
    """Return the number of replicas of a new index: 0 on a single node, which has no place for a replica, else 1."""
    health = client.request("GET", "/_cluster/health")
    return 1 if int(health.get("number_of_data_nodes", 1)) > 1 else 0


def settings_afterwards(client: Requests, index: str, *, ours: bool) -> dict[str, str]:
    """Return people's settings of an index that its successor can take over only once it is filled, by dotted names.

    `ours` says that this project closed the index to writers; that write block is then not among them.
    Raises ConflictError when people closed the index in a way that keeps it from being read or retired.
    """
    answer = client.request("GET", f"/{index}/_settings", query={"flat_settings": "true"})
    found: Mapping[str, Any] = answer.get(index, {}).get("settings", {})
    set_so = {key: str(value) for key, value in found.items()}
    blocks = [key for key, value in set_so.items() if key.startswith("index.blocks.") and value == "true"]
    in_the_way = sorted(set(blocks) - {"index.blocks.write"})
    if in_the_way:
        undone = ", ".join(f'"{key}": null' for key in in_the_way)
        raise ConflictError(
            f"{index} is closed by {', '.join(in_the_way)}, so that it cannot be carried over to a new index. "
            "Elasticsearch sets read_only_allow_delete itself when a disk is nearly full: make room then. Otherwise "
            f"take it away (PUT /{index}/_settings {{{undone}}}), and run the command again."
        )
    kept = {f"index.{key}" for key in KEPT_AFTERWARDS} | (set() if ours else set(blocks))
    return {key: value for key, value in set_so.items() if key in kept}
