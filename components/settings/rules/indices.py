"""Rules about the names of the stack's indices, and about which of them may be adopted or deleted."""

import re

from components.names import names_in
from components.settings.elasticsearch import ElasticsearchSettings
from components.settings.reader import SettingsReader, likely
from components.settings.schema import Settings

LONGEST = 200
"""Characters of an index's name: Elasticsearch takes 255, and those of generations are longer."""

FURTHER = "elasticsearchAdditionalIndices"
TO_BE_NAMED = {
    "elasticsearchAdopt": "to adopt an index made by hand it must be the name of an index of this stack",
    "elasticsearchDeleteData": (
        "to allow the deletion of documents it must be the name of an index of this stack; one that was taken off "
        f"{FURTHER} and still holds documents has to be put back for that"
    ),
    "elasticsearchDeleteBackups": (
        "to allow the deletion of backups it must be the name of an index of this stack"
    ),
}


def check_indices(reader: SettingsReader, settings: Settings) -> None:
    """Note in `reader` every broken rule about the stack's indices."""
    elasticsearch = settings.elasticsearch
    _check_names(reader, elasticsearch)
    named = {
        "elasticsearchAdopt": elasticsearch.adopt,
        "elasticsearchDeleteData": elasticsearch.delete_data,
        "elasticsearchDeleteBackups": elasticsearch.delete_backups,
    }
    for key, text in named.items():
        for name in names_in(text):
            reader.require(
                name in elasticsearch.indices,
                f'{key} is "{text}": {TO_BE_NAMED[key]}: {", ".join(elasticsearch.indices)}.'
                f"{likely(name, elasticsearch.indices)}",
                FURTHER,
                "elasticsearchIndex",
            )


def _check_names(reader: SettingsReader, elasticsearch: ElasticsearchSettings) -> None:
    reader.require(
        elasticsearch.index not in elasticsearch.additional_indices,
        f"{FURTHER} has {elasticsearch.index}, which is elasticsearchIndex already: name the others only.",
    )
    for one in elasticsearch.indices:
        key = "elasticsearchIndex" if one == elasticsearch.index else FURTHER
        reader.require(
            len(one) <= LONGEST,
            f"{key}: {one[:20]}... has {len(one)} characters, and may have {LONGEST}: what is added for the "
            "index itself must fit into Elasticsearch's 255.",
        )
        for other in elasticsearch.indices:
            reader.require(
                not _is_named_as_generation(one, other),
                f"{key}: {one} is a name as {other} gives to its own generations (name-dims-quant-revision-number): "
                "choose another.",
            )


def _is_named_as_generation(name: str, alias: str) -> bool:
    """Tell whether a generation of the alias may have that name one day."""
    return re.fullmatch(rf"{re.escape(alias)}-\d+-[a-z0-9_]+-[a-z0-9]{{1,8}}-\d+", name) is not None
