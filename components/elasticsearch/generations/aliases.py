"""Moves the names that people use from one index to another, in one atomic step."""

from collections.abc import Mapping
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.generations.generation import LiveIndex


def restore_alias(client: Requests, alias: str, live: LiveIndex, to: str) -> None:
    """Point the alias to index `to`, and away from all indices that it points to now."""
    actions: list[dict[str, Any]] = [{"add": {"index": to, "alias": alias}}]
    actions += [{"remove": {"index": one.index, "alias": alias}} for one in live.behind]
    client.request("POST", "/_aliases", {"actions": actions})


def swap_aliases(client: Requests, alias: str, new: str, old: str, aliases: Mapping[str, Any]) -> None:
    """Point the alias, and every other alias of the old generation, to the new one in one atomic step."""
    actions: list[dict[str, Any]] = []
    for name, options in {alias: {}, **aliases}.items():
        actions.append({"add": {"index": new, "alias": name, **alias_options(options)}})
        if name in aliases:
            actions.append({"remove": {"index": old, "alias": name}})
    client.request("POST", "/_aliases", {"actions": actions})


def alias_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the options of an alias from the form that Elasticsearch returns to the form that an action takes."""
    return {
        key: value for key, value in options.items() if key in ("filter", "is_hidden", "is_write_index")
    } | {key: options[key] for key in ("index_routing", "search_routing") if key in options}
