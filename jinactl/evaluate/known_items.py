"""Queries without anybody's judgements: the title or the first sentence of a document, whose one answer it is.

What is searched for is taken out of the document's text: a text that contains the query would be found by any model.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from components.elasticsearch.documents.bulk import Document
from jinactl.errors import CommandError
from jinactl.evaluate.corpus import TITLE
from jinactl.evaluate.queries import Judgements, Query

SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")  # noqa: RUF001 (ends of Japanese sentences)
SHORTEST_QUERY, LONGEST_QUERY = 8, 300
SHORTEST_REST = 40
"""Characters; with less a document says too little beside the query to be found by its meaning."""


@dataclass(frozen=True)
class KnownItems:
    """Queries, the one document that answers each, and all documents, without the queries in their texts."""

    queries: Sequence[Query]
    judgements: Judgements
    documents: Sequence[Document]


def make_known_items(documents: Sequence[Document], most: int) -> KnownItems:
    """Make at most `most` queries, of documents spread evenly over those given.

    Raises CommandError where no document has a text beside its title or its first sentence.
    """
    found: dict[str, tuple[Document, str]] = {}
    for document in documents:
        query = _title_of(document) or _first_sentence(document.content)
        rest = _without(document.content, query)
        if SHORTEST_QUERY <= len(query) <= LONGEST_QUERY and len(rest) >= SHORTEST_REST:
            found.setdefault(query.casefold(), (replace(document, content=rest), query))
    if not found:
        raise CommandError(
            "No queries can be made of these documents: none has a title or a first sentence of "
            f"{SHORTEST_QUERY} to {LONGEST_QUERY} characters, and at least {SHORTEST_REST} beside it. Give queries of "
            "your own, and the judgements which documents answer them: jinactl evaluate QUERIES --qrels FILE."
        )
    step = max(1.0, len(found) / most)
    every = list(found.values())
    chosen = [every[int(step * number)] for number in range(min(most, len(every)))]
    bare = {document.id: document for document, _ in chosen}
    return KnownItems(
        queries=[Query(document.id, query) for document, query in chosen],
        judgements={document.id: {document.id: 1} for document, _ in chosen},
        documents=[bare.get(one.id, one) for one in documents],
    )


def bare_documents(documents: Sequence[Document], queries: Sequence[Query]) -> KnownItems:
    """Take queries whose ids are those of documents as known items.

    Raises CommandError where an id is that of no document: nothing is known of its answers then.
    """
    by_id = {one.id: one for one in documents}
    strangers = [one.id for one in queries if one.id not in by_id]
    if strangers:
        raise CommandError(
            f"Nothing says which documents answer the queries {', '.join(strangers[:5])}"
            f"{' and others' if len(strangers) > 5 else ''}. Give judgements with --qrels FILE, give queries the ids "
            "of the documents that answer them, or leave the queries out to have some made of the documents."
        )
    texts = {one.id: one.text for one in queries}
    return KnownItems(
        queries=queries,
        judgements={one.id: {one.id: 1} for one in queries},
        documents=[
            replace(one, content=_without(one.content, texts[one.id]) or one.content)
            if one.id in texts
            else one
            for one in documents
        ],
    )


def _title_of(document: Document) -> str:
    title = document.fields.get(TITLE)
    return " ".join(title.split()) if isinstance(title, str) else ""


def _first_sentence(text: str) -> str:
    return SENTENCE.split(text.strip(), maxsplit=1)[0].strip()


def _without(text: str, query: str) -> str:
    return text.replace(query, " ").strip() if query else text
