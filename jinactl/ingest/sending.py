"""Embeds and writes documents, and tells for each of them whether it is in."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from components.backoff import Patience
from components.elasticsearch.client.client import Requests
from components.elasticsearch.client.responses import told
from components.elasticsearch.documents.bulk import Write, send
from components.elasticsearch.documents.digest import put_vector
from components.elasticsearch.documents.resending import Item, kind_of, refused_error
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import EmbeddingRefusedError, RefusedError
from components.elasticsearch.fields import DIGEST, NO_PIPELINE
from components.errors import StackError
from jinactl.errors import CommandError
from jinactl.ingest.entries import Entry
from jinactl.ingest.present import Stored
from jinactl.ingest.refusals import in_words, is_about_the_stack, why_waited_for
from jinactl.ingest.waiting import Turn, Waiting

Refusals = dict[str, str]
"""The reasons for which documents are not in, by their ids."""

SPLIT = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
"""A request that is refused as a whole: sent in parts, only a part of it is."""


class Sender:
    """Writes documents into an index, through its pipeline, or with vectors of `embedder`.

    `check` is called after vectors were made, and before and after documents are sent with them: it raises where they
    are not of the kind that the index holds, for a migration may switch at any moment. `alias` says that the index
    must be reached by an alias: otherwise Elasticsearch would make an index of that name where the alias is gone.
    """

    def __init__(
        self,
        client: Requests,
        index: str,
        waiting: Waiting,
        *,
        embedder: Embedder | None,
        check: Callable[[], None],
        alias: bool,
    ) -> None:
        self._client = client
        self._index = index
        self._waiting = waiting
        # Not patient by itself: `waiting` is, and says so.
        self._embedder = replace(embedder, patience=Patience(retries=0)) if embedder else None
        self._check = check
        self._query = {"refresh": "false", **({"require_alias": "true"} if alias else {})}

    def send(self, entries: Sequence[Entry]) -> Refusals:
        """Write documents with different ids; return which of them are refused, and why.

        One that is only to be made, and was made by somebody else meanwhile, is not refused. Raises the StackError of
        a failure that no document is to blame for.
        """
        refusals: Refusals = {}
        sources = [one.source for one in entries]
        writes = [
            Write("create" if one.create else "index", one.document.id, source, routing=one.routing)
            for one, source in zip(entries, sources, strict=True)
        ]
        if self._embedder is not None:
            refusals = self._embed(self._embedder, entries, sources)
            writes = [one for one in writes if one.id not in refusals]
        with self._waiting.turn() as turn:
            self._write(writes, turn, refusals)
        return refusals

    def keep_vectors(
        self, entries: Sequence[Entry], stored: Sequence[Stored], vectors: Sequence[list[float]]
    ) -> set[str]:
        """Write documents with the embeddings that are stored, if nobody changed them; return the ids of those done.

        They go to the very index that the embeddings are from: the alias may lead to another one already.
        """
        done = set()
        for index in {one.index for one in stored}:
            writes = []
            for entry, one, vector in zip(entries, stored, vectors, strict=True):
                if one.index != index:
                    continue
                source = entry.source
                put_vector(source, vector, entry.document.content)
                unchanged = {"if_seq_no": one.seq_no, "if_primary_term": one.primary_term}
                writes.append(
                    Write("index", entry.document.id, source, routing=entry.routing, conditions=unchanged)
                )
            query = {"refresh": "false", "pipeline": NO_PIPELINE}
            items = self._waiting.through(partial(send, self._client, index, writes, query))
            done |= {one.id for one, item in zip(writes, items, strict=True) if "error" not in item}
        return done

    def delete(self, addresses: Sequence[Mapping[str, str]]) -> int:
        """Delete documents, and return how many; raises the StackError of a failure, as `send` does."""
        refusals: Refusals = {}
        writes = [Write("delete", one["_id"], routing=one.get("routing")) for one in addresses]
        with self._waiting.turn() as turn:
            self._write(writes, turn, refusals)
        return len(writes) - len(refusals)

    def _embed(
        self, embedder: Embedder, entries: Sequence[Entry], sources: Sequence[dict[str, object]]
    ) -> Refusals:
        texts = [one.document.content for one in entries]
        ids = [one.document.id for one in entries]
        refusals = {}
        for id_, text, source, vector in zip(
            ids, texts, sources, self._waiting.through(lambda: embedder.embed_each(texts, ids)), strict=True
        ):
            if isinstance(vector, EmbeddingRefusedError):
                refusals[id_] = in_words(str(vector))
            else:
                put_vector(source, vector, text)
        return refusals

    def _write(self, writes: Sequence[Write], turn: Turn, refusals: Refusals) -> None:
        left = list(writes)
        while left:
            items = self._send(left, turn, refusals)
            again = [one for one in left if one.id in items and self._comes_again(items[one.id], refusals)]
            if again:
                waited = [items[one.id] for one in again]
                if not turn.pause(why_waited_for(waited[0])):
                    raise refused_error(self._index, waited, len(writes))
            left = again

    def _send(self, writes: Sequence[Write], turn: Turn, refusals: Refusals) -> Mapping[str, Item]:
        """Return what Elasticsearch says of each document, by its id; `refusals` has those that it does not read."""

        def checked() -> list[Item]:
            self._checked()
            try:
                return send(self._client, self._index, writes, self._query)
            finally:
                self._check_written(writes)

        try:
            items = turn.through(checked)
        except RefusedError as error:
            if error.status not in SPLIT:
                raise
            if len(writes) == 1:
                refusals[writes[0].id] = str(error)
                return {}
            half = len(writes) // 2
            return {**self._send(writes[:half], turn, refusals), **self._send(writes[half:], turn, refusals)}
        return {one.id: item for one, item in zip(writes, items, strict=True)}

    def _checked(self) -> None:
        if self._embedder is not None:
            self._check()

    def _check_written(self, writes: Sequence[Write]) -> None:
        """Check, and where the vectors that were just written are of another kind, have nobody trust them.

        Without its digest an embedding counts as unknown: the next ingest, and a repair, embed the text again.
        """
        try:
            self._checked()
        except CommandError:
            doubted = [
                Write("update", one.id, {"doc": {DIGEST: None}}, routing=one.routing)
                for one in writes
                if one.action != "delete"
            ]
            with suppress(StackError):  # what is told is why they are doubted
                send(self._client, self._index, doubted, self._query)
            raise

    def _comes_again(self, item: Item, refusals: Refusals) -> bool:
        """Note why a document is refused, and tell whether it is to be sent again."""
        if "error" not in item or (item.get("status") == HTTPStatus.CONFLICT):
            return False
        kind = kind_of(item)
        if kind in ("busy", "closed", "replaced") or (kind == "switched" and self._embedder is None):
            return True
        if is_about_the_stack(item):
            raise refused_error(self._index, [item], 1)
        refusals[str(item["_id"])] = in_words(told(item["error"]))
        return False
