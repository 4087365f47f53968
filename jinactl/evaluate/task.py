"""What is searched for and in what: a person's own queries and judgements, or queries made of the documents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from components.elasticsearch.documents.bulk import Document
from jinactl.errors import CommandError
from jinactl.evaluate.corpus import sample
from jinactl.evaluate.known_items import KnownItems, bare_documents, make_known_items
from jinactl.evaluate.queries import Judgements, Query, read_judgements, read_queries


@dataclass(frozen=True, kw_only=True)
class Task:
    """Documents, queries and the judgements which answer which; each query has an answer among the documents.

    `of` is how many documents there are, of which these may be a sample; `notes` say what a reader of the numbers must
    know.
    """

    documents: Sequence[Document]
    queries: Sequence[Query]
    judgements: Judgements
    of: int
    notes: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class Questions:
    """A person's own queries, and the judgements about them; none where they are to be made of documents."""

    queries: Sequence[Query] = ()
    judgements: Judgements = field(default_factory=dict)


def read_questions(queries: Path | None, judgements: Path | None) -> Questions:
    """Read the files that there are; raises CommandError, naming the line that is wrong."""
    asked = Questions(
        read_queries(queries) if queries else (), read_judgements(judgements) if judgements else {}
    )
    if asked.judgements and not asked.queries:
        raise CommandError(
            "Judgements need the queries that they are about: jinactl evaluate QUERIES --qrels FILE."
        )
    return asked


def make_task(
    documents: Iterable[Document], questions: Questions, *, most_documents: int, most_queries: int
) -> Task:
    """Take a sample of the documents, and make queries of it where there are none. Raises CommandError."""
    asked, judged = questions.queries, questions.judgements
    if judged:
        wanted = {id_ for one in asked for id_, value in judged.get(one.id, {}).items() if value > 0}
    else:
        wanted = {one.id for one in asked}
    corpus = sample(documents, most_documents, wanted)
    if not corpus.documents:
        raise CommandError("There are no documents with a text to search in.")
    if judged:
        return _judged(corpus.documents, asked, judged, corpus.of)
    made = (
        bare_documents(corpus.documents, asked) if asked else make_known_items(corpus.documents, most_queries)
    )
    return _known(made, corpus.of)


def _judged(documents: Sequence[Document], queries: Sequence[Query], judgements: Judgements, of: int) -> Task:
    """Leave out the queries that no document answers: nothing can be found for them, whatever is chosen."""
    there = {one.id for one in documents}
    kept = [
        query
        for query in queries
        if any(value > 0 and id_ in there for id_, value in judgements.get(query.id, {}).items())
    ]
    if not kept:
        raise CommandError(
            "No query has a judgement that one of the documents answers it: are the judgements about these documents "
            "and these queries? They must have the same ids."
        )
    notes = []
    if len(kept) < len(queries):
        notes.append(f"{len(queries) - len(kept)} queries that no document answers were left out")
    missing = {
        id_ for query in kept for id_, value in judgements[query.id].items() if value > 0 and id_ not in there
    }
    if missing:
        notes.append(
            f"{len(missing)} documents that answer queries are not there, and lower recall for all alike"
        )
    return Task(documents=documents, queries=kept, judgements=judgements, of=of, notes=notes)


def _known(made: KnownItems, of: int) -> Task:
    note = (
        "each query is the title or the first sentence of the one document that answers it, and was taken out of the "
        "document's text: compare the rows, and do not take the numbers for those of people's own queries"
    )
    return Task(
        documents=made.documents, queries=made.queries, judgements=made.judgements, of=of, notes=[note]
    )
