"""Keeps a migration from carrying over embeddings that do not belong to the text beside them.

Where embeddings are copied or cut, the old generation is mended before its documents are carried over, and once more
before the switch. Documents that are written past the pipeline after that are mended in the new generation, once the
aliases have moved. A note in the new generation holds the sequence number above which documents are still to be
checked.
"""

from dataclasses import dataclass

from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents import mending
from components.elasticsearch.documents.digest import map_digest
from components.elasticsearch.documents.sequence import BELOW_ALL, read_progress
from components.elasticsearch.documents.staleness import WRONG
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import ClosedError
from components.elasticsearch.fields import DIGEST
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.generation import Generation, WantedIndex
from components.elasticsearch.migration.strategy import Strategy
from components.say import Say


@dataclass(frozen=True, kw_only=True)
class Source:
    """The generation that documents are carried from, and the strategy.

    With `embedder`, documents are embedded by it, not by the pipeline.
    """

    client: Requests
    wanted: WantedIndex
    old: Generation
    strategy: Strategy
    embedder: Embedder | None
    say: Say

    def mend(self) -> bool:
        """Mend the documents of the generation; return False when it refuses writes.

        Where all documents are embedded again anyway, only embeddings whose text is gone are mended.
        Raises EmbeddingError or IndexingError, naming the document, when a document cannot be embedded.
        """
        client, old = self.client, self.old
        try:
            if self.strategy == "re-embed" or old.identity is None:
                if DIGEST in old.properties:
                    mending.mend(client, old.index, None, ["emptied"], self.say)
                return True
            map_digest(client, old.index)
            embeds = mending.embedder_for(client, old.identity, self.wanted.pipeline_id, self.embedder)
            mended = mending.mend(client, old.index, embeds, WRONG, self.say)
        except ClosedError:
            return False
        mending.note_checked(client, old.index, mended.checked)
        if mended.written:
            self.say(
                f"{self.wanted.alias}: {mended.written:,} documents of {old.index} had an embedding that may not "
                "belong to their text, and were embedded again"
            )
        return True

    def mend_before_switch(self, new: str) -> None:
        """Mend what was written meanwhile, and note the sequence number up to which the new generation is checked.

        Documents that the new generation has by now, and that are not carried over again, were checked in the old one.
        """
        settled = read_progress(self.client, new).settled
        indices.add_meta(self.client, new, {"checked": settled if self.mend() else BELOW_ALL})


def mend_carried(client: Requests, new: str, wanted: WantedIndex, embedder: Embedder | None) -> int | None:
    """Mend in the new generation what `mend_before_switch` left; return the sequence number up to which it is checked.

    Return None where there is nothing to mend: all embeddings were made again, or an earlier version of this project
    began the migration. Raises EmbeddingError or IndexingError, naming the document, when a document cannot be
    embedded; the next call goes on.
    """
    meta = indices.read_meta(client, new)
    if "checked" not in meta or meta.get("migration", {}).get("strategy") == "re-embed":
        return None
    embeds = mending.embedder_for(client, wanted.identity, wanted.pipeline_id, embedder)
    return mending.mend(client, new, embeds, WRONG, print).checked
