"""Finds, and embeds again, the documents of a stack's index whose embedding is not of their text."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents import mending
from components.elasticsearch.documents.digest import has_digest
from components.elasticsearch.documents.staleness import KINDS, Found, Kind, read_checked, read_pages
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


Show = Callable[[Found], None]


@dataclass
class Repaired:
    """What was `found`, by kind, and how many documents were `repaired`; those `left` can't be embedded, with reasons.

    What was found is None where nobody wanted it counted before.
    """

    found: Mapping[Kind, int] | None = None
    repaired: int = 0
    left: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for programs."""
        return asdict(self)


def repair(facts: StackFacts, say: Say, show: Show | None, *, dry_run: bool) -> Repaired:
    """Count the documents, or repair them; `say` gets lines of progress, and `show` each document that is found.

    With `dry_run` nothing is written. Raises CommandError when the index is not one to repair.
    """
    with Client(facts.connection) as client:
        index, identity, pipeline_id = _generation(client, facts)
        done = Repaired()
        if dry_run or show:
            done.found = _count(client, index, say, show)
        if dry_run:
            return done
        embedder = facts.embedder if facts.embeds_in_client else None
        embeds = mending.embedder_for(client, identity, pipeline_id, embedder)
        mended = mending.mend(client, index, embeds, KINDS, say, refused=done.left)
        done.repaired = mended.written
        client.request("POST", f"/{index}/_refresh")
        say(f"{done.repaired:,} documents of {facts.index} were repaired")
        if not done.left:
            mending.note_checked(client, index, mended.checked)
    return done


def require_whole(done: Repaired) -> None:
    """Raise CommandError, which names the documents, when some are left that cannot be embedded."""
    if done.left:
        first = next(iter(done.left.values()))
        raise CommandError(f"{len(done.left)} documents are left. {first} All: {', '.join(done.left)}")


def _count(client: Client, index: str, say: Say, show: Show | None) -> Mapping[Kind, int]:
    counted: Counter[Kind] = Counter()
    for page in read_pages(client, index, read_checked(client, index)):
        counted.update(one.kind for one in page.found)
        if show:
            for one in page.found:
                show(one)
    for kind in KINDS:
        if counted[kind]:
            say(f"{counted[kind]:,} documents {SHOWN[kind]}")
    if not counted:
        say("every embedding is of the text beside it, and every text has one")
    return {kind: counted[kind] for kind in KINDS}


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
