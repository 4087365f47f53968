"""What the inputs and outputs of a resource say: how its cluster is reached, and what there is the stack's own."""

from collections.abc import Mapping
from typing import Any

from components.elasticsearch.client.connection import Connection
from components.elasticsearch.ownership import Claim

REACHED_BY = ("url", "api_key", "user", "password", "ca_certificate", "fingerprint")
CONNECTION = (*REACHED_BY, "managed")
"""How the cluster is reached, and whether it is the stack's own node."""

SECRETS = ("api_key", "password", "embeddings_api_key")
SCHEMA_VERSION = "1"
"""Of the inputs and outputs below; a later version reads this one's states in `diff` and `update`."""

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

    What names no owner is the stack's in its own node, and where its state says that it made a thing of that name.
    """
    adopted = values.get("adopt")
    return Claim(
        owner=str(values.get("owner") or ""),
        unowned=was_made(values, olds, name) or is_managed(values),
        handed_over=bool(adopted) and adopted == values.get("alias", adopted),
    )


def was_made(values: Mapping[str, Any], olds: Mapping[str, Any] | None, name: str) -> bool:
    """Tell whether the stack made a thing of that name in that cluster before, as far as its state knows.

    `olds` are the outputs of the resource before, if any, and `name` is the input that names it.
    """
    if olds is None or olds.get(name) != values.get(name):
        return False
    return is_managed(values) or olds.get("url") == values.get("url")


def is_managed(values: Mapping[str, Any]) -> bool:
    """Tell whether a resource's cluster is the stack's own node.

    States of 0.1.0 do not say so but for the guards of such a node: others count as in somebody's cluster.
    """
    return bool(values.get("managed", values.get("scope") == NODE))


def inputs_of(values: Mapping[str, Any], computed: tuple[str, ...] = ()) -> Values:
    """Return inputs out of outputs, which echo them and add what was computed."""
    return {key: value for key, value in values.items() if key != PROVIDER and key not in computed}


def versioned(values: Mapping[str, Any]) -> Values:
    """Return the inputs of a resource with the version of their schema."""
    return {**values, "schema_version": SCHEMA_VERSION}
