"""Reads the live state of an alias: the index behind it, and the generations that were made for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.people import count_of_people
from components.elasticsearch.documents.sequence import read_progress
from components.elasticsearch.errors import UnreadableIdentityError
from components.elasticsearch.fields import VECTOR
from components.elasticsearch.generations.generation import Generation, LiveIndex
from components.elasticsearch.generations.index import meta_of
from components.elasticsearch.generations.kept_settings import kept_notes, kept_settings
from components.elasticsearch.identity import Identity
from components.elasticsearch.ownership import is_managed, owner_of

EVERY_STATE = {"expand_wildcards": "all"}
"""Makes a wildcard match hidden and closed indices too, which it leaves out by default."""


def read_live(client: Requests, alias: str) -> LiveIndex:
    """Read the alias, the indices behind it, and the generations that any stack made for it."""
    named = client.find(f"/{alias}", query=EVERY_STATE) or {}
    if alias in named:
        return LiveIndex(concrete=True)
    made = client.find(f"/{alias}-*", query=EVERY_STATE) or {}
    behind = tuple(_generation(client, index, body) for index, body in sorted(named.items()))
    beside = tuple(
        _generation(client, index, body)
        for index, body in sorted(made.items())
        if index not in named and meta_of(body).get("alias") == alias
    )
    return LiveIndex(behind=behind, beside=beside, taken=frozenset(made))


def count_beside(client: Requests, live: LiveIndex) -> LiveIndex:
    """Return a copy with people's documents counted in generations beside the alias: those without any may go."""

    def counted(one: Generation) -> Generation:
        # In a closed index nothing can be counted; one that is being filled holds only copies.
        if one.closed or live.is_unfinished(one):
            return one
        return replace(one, of_people=count_of_people(client, one.index))

    return replace(live, beside=tuple(counted(one) for one in live.beside))


def _generation(client: Requests, index: str, body: Mapping[str, Any]) -> Generation:
    one = _described(index, body)
    if one.closed:
        return one
    # The note was made while nobody could write to the index.
    noted = one.retired.get("written") if one.retired else one.migration.get("filled")
    written = None if noted is None else read_progress(client, index).written
    uuid = body.get("settings", {}).get("index", {}).get("uuid")
    return replace(
        one,
        # A clone, or an index restored from a snapshot, has the same notes but another uuid.
        touched=written != noted or one.retired.get("uuid", uuid) != uuid,
    )


def _described(index: str, body: Mapping[str, Any]) -> Generation:
    meta = meta_of(body)
    mappings = body.get("mappings", {})
    properties = mappings.get("properties", {})
    settings = body.get("settings", {}).get("index", {})
    ours = is_managed(meta)
    identity, unreadable = None, ""
    if ours:
        try:
            identity = Identity.from_meta(meta, index)
        except UnreadableIdentityError as error:
            unreadable = error.why
    return Generation(
        index=index,
        managed=ours,
        adopted=ours and bool(meta.get("adopted")),
        owner=owner_of(meta),
        alias=str(meta.get("alias", "")) if ours else "",
        identity=identity,
        unreadable=unreadable,
        # Elasticsearch sets this when it closes an index, and removes it when it opens the index.
        closed=str(settings.get("verified_before_close", "")) == "true",
        vector=properties.get(VECTOR, {}),
        properties=properties,
        default_pipeline=str(settings.get("default_pipeline", "")),
        replicas=str(settings.get("number_of_replicas", "0")),
        aliases=body.get("aliases", {}),
        successor=str(meta.get("successor", "")) if ours else "",
        migration=dict(meta.get("migration") or {}) if ours else {},
        retired=dict(meta.get("retired") or {}) if ours else {},
        settings=kept_settings(settings),
        mappings={key: mappings[key] for key in mappings if key != "properties"}
        | {"_meta": kept_notes(meta)},
    )
