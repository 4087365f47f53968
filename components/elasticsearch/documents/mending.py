"""Embeds documents again if their embedding was not made from the text beside it.

Only the embedding and its digest are written, to the version of the document that was read: a concurrent change wins,
its other fields are not touched, and no pipeline of the index runs on it again.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from components.batched import batched
from components.elasticsearch import ingest_pipeline
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.bulk import Write, write
from components.elasticsearch.documents.digest import put_vector
from components.elasticsearch.documents.pipeline_embedding import EmbedsDocuments, PipelineEmbedder
from components.elasticsearch.documents.sequence import read_progress
from components.elasticsearch.documents.staleness import Found, Kind, read_checked, read_pages
from components.elasticsearch.embedding.embedder import ABOUT_THE_SERVER, BATCH, Embedder
from components.elasticsearch.endpoints import full_beside
from components.elasticsearch.errors import EmbeddingRefusedError, IndexingError
from components.elasticsearch.fields import DIGEST, VECTOR
from components.elasticsearch.generations import index as indices
from components.elasticsearch.identity import Identity
from components.say import Say

PASSES = 3
"""What was mended is looked at again, and so is what was written meanwhile; of the rest the next look will tell."""
WRITTEN_SINCE = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
"""Deleted, or changed, after it was read: left to whoever did so."""
SECONDS_BETWEEN_LINES = 10.0

FORGET = f"ctx._source.remove('{VECTOR}'); ctx._source.remove('{DIGEST}')"


@dataclass(frozen=True)
class Mended:
    """What was done: `written` counts documents; up to sequence number `checked` every embedding is of its text."""

    written: int
    checked: int


def embedder_for(
    client: Requests, identity: Identity, pipeline_id: str, embedder: Embedder | None
) -> EmbedsDocuments:
    """Return what embeds documents for an index of that identity: here with `embedder`, else as its pipeline does.

    `pipeline_id` is one that embeds with the same model. Raises IndexingError when it does not embed.
    """
    if embedder is not None:
        return replace(embedder, dims=identity.dims)
    ids = ingest_pipeline.inference_ids(ingest_pipeline.read_live(client, pipeline_id) or {})
    if len(ids) != 1:
        raise IndexingError(
            f"The ingest pipeline {pipeline_id} is not the one that this project made: run `pulumi refresh` and "
            "`pulumi up`, which make it anew, and run the command again."
        )
    processors = ingest_pipeline.build_explicit(identity, full_beside(ids[0]))["processors"]
    return PipelineEmbedder(client=client, processors=processors)


def mend(
    client: Requests,
    index: str,
    embeds: EmbedsDocuments | None,
    kinds: Collection[Kind],
    say: Say,
    *,
    refused: dict[str, str] | None = None,
) -> Mended:
    """Embed the documents of these kinds again; remove the embedding of a document whose text is gone.

    Without `embeds` embeddings are only removed. With `refused`, the ids of documents that can never be embedded go
    into it, with the reasons, and the others are mended all the same.
    Raises ClosedError when the index refuses writes, EmbeddingError or IndexingError with a document: those before it
    are mended then, and another run continues there.
    """
    checked, written = read_checked(client, index), 0
    said = time.monotonic()
    for _ in range(PASSES):
        settled = read_progress(client, index).settled
        found = looked_at = 0
        for page in read_pages(client, index, checked, kinds):
            todo = [one for one in page.found if one.id not in (refused or {})]
            for batch in batched(todo, BATCH):
                items = write(client, index, _changes(batch, embeds, refused), accepted=WRITTEN_SINCE)
                written += sum("error" not in item for item in items)
            found, looked_at = found + len(todo), looked_at + page.size
            if time.monotonic() - said > SECONDS_BETWEEN_LINES:
                said = time.monotonic()
                say(f"{index}: {looked_at:,} documents looked at, {written:,} embedded again")
        checked = max(checked, settled)
        if not found:
            break
    return Mended(written, checked)


def note_checked(client: Requests, index: str, checked: int) -> None:
    """Record in an index the sequence number up to which every embedding is known to be of its text."""
    if checked > read_checked(client, index):
        indices.add_meta(client, index, {"checked": checked})


def _changes(
    batch: Sequence[Found], embeds: EmbedsDocuments | None, refused: dict[str, str] | None
) -> list[Write]:
    """Return the update that mends each document, except for those that can't be embedded."""
    forget = {"script": {"lang": "painless", "source": FORGET}}
    changes = [_update(one, forget) for one in batch if one.kind == "emptied"]
    filled = [one for one in batch if one.kind != "emptied"]
    if embeds is None or not filled:
        return changes
    try:
        vectors = embeds.embed_documents([one.text for one in filled], [one.id for one in filled])
    except EmbeddingRefusedError as error:
        if refused is None or error.status in ABOUT_THE_SERVER:
            raise
        if len(batch) > 1:
            # Only one of them caused the refusal.
            return [change for one in batch for change in _changes([one], embeds, refused)]
        refused[filled[0].id] = str(error)
        return changes
    for one, vector in zip(filled, vectors, strict=True):
        part: dict[str, Any] = {}
        put_vector(part, vector, one.text)
        changes.append(_update(one, {"doc": part}))
    return changes


def _update(one: Found, change: Mapping[str, Any]) -> Write:
    unchanged = {"if_seq_no": one.seq_no, "if_primary_term": one.primary_term}
    return Write("update", one.id, change, routing=one.routing, conditions=unchanged)
