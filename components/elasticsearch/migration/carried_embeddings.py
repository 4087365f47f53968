"""Sees to it that a migration carries no embedding on that is not of the text beside it.

Where embeddings are copied or cut, the old generation is mended before its documents are carried over, and once more
before the switch. What is written past the pipeline in the moments after that is mended in the new generation, once
the aliases have moved: a note in it says from where on.
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
    """The generation that documents are carried from, and how; with `embedder`, documents are embedded here."""

    client: Requests
    wanted: WantedIndex
    old: Generation
    strategy: Strategy
    embedder: Embedder | None
    say: Say

    def mend(self) -> bool:
        """Mend what is in it; return False when it refuses writes.

        Where documents are embedded anew, all there is to mend are embeddings that are left of a text that is gone.
        Raises EmbeddingError or IndexingError with a document that cannot be embedded.
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
                f"{self.wanted.alias}: {mended.written:,} documents of {old.index} had an embedding that is not known "
                "to be of their text, and were embedded again"
            )
        return True

    def mend_before_switch(self, new: str) -> None:
        """Mend what was written meanwhile, and note from where on the new generation is to be looked at later.

        What is in the new one by then, and is not carried over again, was looked at in the old one.
        """
        settled = read_progress(self.client, new).settled
        indices.add_meta(self.client, new, {"checked": settled if self.mend() else BELOW_ALL})


def mend_carried(client: Requests, new: str, wanted: WantedIndex, embedder: Embedder | None) -> int | None:
    """Mend in the new generation what `mend_before_switch` left; return up to which sequence number all is known.

    None where there is nothing to do: every embedding was made anew, or an earlier version of this project began it.
    Raises EmbeddingError or IndexingError with a document that cannot be embedded; doing it again goes on.
    """
    meta = indices.read_meta(client, new)
    if "checked" not in meta or meta.get("migration", {}).get("strategy") == "re-embed":
        return None
    embeds = mending.embedder_for(client, wanted.identity, wanted.pipeline_id, embedder)
    return mending.mend(client, new, embeds, WRONG, print).checked
