"""Finds, and embeds again, the documents of a stack's index whose embedding is not of their text."""

import sys
from collections import Counter

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents import mending
from components.elasticsearch.documents.digest import has_digest
from components.elasticsearch.documents.staleness import KINDS, Kind, read_checked, read_pages
from components.elasticsearch.fields import NO_PIPELINE
from components.elasticsearch.identity import Identity
from components.elasticsearch.ownership import is_managed
from components.say import Say
from jinactl.errors import CommandError
from jinactl.outputs import StackFacts
from jinactl.same_identity import require_same_identity

SHOWN: dict[Kind, str] = {
    "stale": "have an embedding of another text",
    "unknown": "have an embedding and no digest of what it is of",
    "emptied": "have an embedding of a text that is gone",
    "without": "have a text and no embedding",
}


def mend(facts: StackFacts, say: Say, *, dry_run: bool, listed: bool) -> None:
    """Count or mend the documents; `say` gets lines of progress. With `listed` their ids go to standard output.

    Raises CommandError when the index is not one to mend, or when documents are left that cannot be embedded.
    """
    with Client(facts.connection) as client:
        index, identity, pipeline_id = _generation(client, facts)
        if dry_run or listed:
            _count(client, index, say, listed=listed)
        if dry_run:
            return
        embedder = facts.embedder if facts.embeds_in_client else None
        embeds = mending.embedder_for(client, identity, pipeline_id, embedder)
        refused: dict[str, str] = {}
        done = mending.mend(client, index, embeds, KINDS, say, refused=refused)
        client.request("POST", f"/{index}/_refresh")
        say(f"{done.written:,} documents of {facts.index} were mended")
        if refused:
            first = next(iter(refused.values()))
            raise CommandError(f"{len(refused)} documents are left. {first} All: {', '.join(refused)}")
        mending.note_checked(client, index, done.checked)


def _count(client: Client, index: str, say: Say, *, listed: bool) -> None:
    counted: Counter[Kind] = Counter()
    for page in read_pages(client, index, read_checked(client, index)):
        counted.update(one.kind for one in page.found)
        if listed:
            sys.stdout.writelines(f"{one.kind}\t{one.id}\n" for one in page.found)
    for kind in KINDS:
        if counted[kind]:
            say(f"{counted[kind]:,} documents {SHOWN[kind]}")
    if not counted:
        say("every embedding is of the text beside it, and every text has one")


def _generation(client: Client, facts: StackFacts) -> tuple[str, Identity, str]:
    """Return the index behind the alias, how its embeddings were made, and its pipeline."""
    found = client.find(f"/{facts.index}") or {}
    if len(found) != 1 or facts.index in found:
        raise CommandError(
            f"{facts.index} is not the alias of one index: run `pulumi refresh` and `pulumi up`."
        )
    index, body = next(iter(found.items()))
    mappings = body.get("mappings", {})
    meta = mappings.get("_meta", {})
    if not is_managed(meta) or not has_digest(index, mappings.get("properties", {})):
        raise CommandError(
            f"{index} is not yet as this version keeps it: run `pulumi refresh` and `pulumi up`."
        )
    identity = Identity.from_meta(meta, index)
    if facts.embeds_in_client:
        require_same_identity(client, facts)
    pipeline_id = str(body.get("settings", {}).get("index", {}).get("default_pipeline", NO_PIPELINE))
    return index, identity, pipeline_id
