"""Reads the inputs and outputs of a resource: how its cluster is reached, and what in it belongs to the stack."""

from collections.abc import Mapping
from typing import Any

from components.elasticsearch.client.connection import Connection
from components.elasticsearch.ownership import Claim
from components.names import names_in

REACHED_BY = ("url", "api_key", "user", "password", "ca_certificate", "fingerprint")
CONNECTION = (*REACHED_BY, "managed")
"""How the cluster is reached, and whether it is the stack's own node."""

SECRETS = ("api_key", "password", "embeddings_api_key")
SCHEMA_VERSION = "1"
"""The version of the inputs and outputs; a later version must read states of this one in `diff` and `update`."""

PROVIDER = "__provider"

INDEX, NODE = "index", "node"
"""What a guard guards: the index alone, or everything in the stack's own node."""

Values = dict[str, Any]


def connection_of(values: Mapping[str, Any]) -> Connection:
    """Return the connection that a resource's inputs or outputs describe."""
    reached_by = {key: str(values.get(key) or "") for key in REACHED_BY}
    return Connection(**reached_by, managed=bool(values.get("managed")))


def claim_of(values: Mapping[str, Any], olds: Mapping[str, Any] | None = None, name: str = "") -> Claim:
    """Return what belongs to the stack of a resource; `olds` and `name` are as in `was_made`.

    Things that name no owner belong to the stack in its own node, and where its state says that it made a thing of that
    name.
    """
    adopted = values.get("adopt")
    return Claim(
        owner=str(values.get("owner") or ""),
        unowned=was_made(values, olds, name) or is_managed(values),
        handed_over=bool(adopted) and values.get("alias", adopted) in (adopted, *names_in(adopted)),
        siblings=frozenset(values.get("siblings") or ()),
    )


def aliases_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the alias of a resource's inputs or outputs, and those of the stack's other indices."""
    return (str(values["alias"]), *map(str, values.get("siblings") or ()))


def was_made(values: Mapping[str, Any], olds: Mapping[str, Any] | None, name: str) -> bool:
    """Tell whether, according to its state, the stack has already made a thing of that name in that cluster.

    `olds` are the previous outputs of the resource, if any, and `name` is the input that holds its name.
    """
    if olds is None or olds.get(name) != values.get(name):
        return False
    return is_managed(values) or olds.get("url") == values.get("url")


def is_managed(values: Mapping[str, Any]) -> bool:
    """Tell whether a resource's cluster is the stack's own node.

    States of version 0.1.0 say so only for the guards of such a node; their other resources count as in a cluster of
    somebody else's.
    """
    return bool(values.get("managed", values.get("scope") == NODE))


def inputs_of(values: Mapping[str, Any], computed: tuple[str, ...] = ()) -> Values:
    """Return the inputs among the outputs: the outputs without the `computed` ones."""
    return {key: value for key, value in values.items() if key != PROVIDER and key not in computed}


def versioned(values: Mapping[str, Any]) -> Values:
    """Return the inputs of a resource with the version of their schema."""
    return {**values, "schema_version": SCHEMA_VERSION}
