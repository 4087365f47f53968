"""Queries without judgements are made of documents, and what is searched for is not in the text that is found."""

from pathlib import Path

import pytest

from components.elasticsearch.documents.bulk import Document
from jinactl.errors import CommandError
from jinactl.evaluate.known_items import make_known_items
from jinactl.evaluate.task import Task, make_task, read_questions

REST = "It says much more than that, so that something is left to be found."
TITLED = Document("t", f"Cats and dogs. {REST} Cats and dogs.", {"title": "Cats and  dogs"})
PLAIN = Document("p", f"Pods keep restarting. {REST}")
JAPANESE = Document("j", f"これは日本語の文章です。{'これだけが残ります' * 5}")
SHORT = Document("s", "Nothing beside this sentence.")


def task(
    documents: list[Document], tmp_path: Path, queries: str | None = None, judged: str | None = None
) -> Task:
    paths: dict[str, Path | None] = {"queries": None, "qrels": None}
    for name, content in (("queries", queries), ("qrels", judged)):
        if content is not None:
            paths[name] = tmp_path / name
            (tmp_path / name).write_text(content)
    questions = read_questions(paths["queries"], paths["qrels"])
    return make_task(documents, questions, most_documents=100, most_queries=100)


@pytest.mark.parametrize(
    ("document", "query"),
    [
        (TITLED, "Cats and dogs"),
        (PLAIN, "Pods keep restarting."),
        (JAPANESE, "これは日本語の文章です。"),
    ],
)
def test_a_title_or_else_the_first_sentence_is_searched_for_and_taken_out_of_the_text(
    document: Document, query: str
) -> None:
    made = make_known_items([document, SHORT], 10)

    assert [one.text for one in made.queries] == [query]
    assert made.judgements == {document.id: {document.id: 1}}
    assert query not in made.documents[0].content
    assert len(made.documents[0].content) >= 40
    assert made.documents[1] == SHORT


def test_two_documents_of_one_title_are_not_both_searched_for() -> None:
    twin = Document("u", f"Another one. {REST}", TITLED.fields)

    assert [one.id for one in make_known_items([TITLED, twin], 10).queries] == ["t"]


def test_queries_are_spread_over_the_documents() -> None:
    documents = [Document(str(one), f"Sentence number {one} is here. {REST}") for one in range(100)]

    made = make_known_items(documents, 4)

    assert [one.id for one in made.queries] == ["0", "25", "50", "75"]


def test_documents_that_no_query_can_be_made_of_are_refused() -> None:
    with pytest.raises(CommandError, match="--qrels FILE"):
        make_known_items([SHORT], 10)


def test_a_query_with_the_id_of_a_document_searches_for_it(tmp_path: Path) -> None:
    found = task([PLAIN, TITLED], tmp_path, queries="p\tPods keep restarting.\n")

    assert found.judgements == {"p": {"p": 1}}
    assert "restarting" not in {one.id: one.content for one in found.documents}["p"]


@pytest.mark.parametrize(
    ("queries", "judged", "told"),
    [
        ("x\twho knows\n", None, "Nothing says which documents answer the queries x"),
        (None, "q 0 p 1\n", "Judgements need the queries"),
        ("q\twords\n", "q 0 nobody 1\n", "No query has a judgement"),
        ("q\twords\n", "q 0 p 0\n", "No query has a judgement"),
    ],
)
def test_queries_whose_answers_are_unknown_are_refused(
    queries: str | None, judged: str | None, told: str, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=told):
        task([PLAIN], tmp_path, queries, judged)


def test_what_was_left_out_is_noted(tmp_path: Path) -> None:
    found = task([PLAIN], tmp_path, "q\twords\nr\tmore\n", "q 0 p 1\nq 0 gone 1\nr 0 gone 1\n")

    assert [one.id for one in found.queries] == ["q"]
    assert found.notes == [
        "1 queries that no document answers were left out",
        "1 documents that answer queries are not there, and lower recall for all alike",
    ]
    assert found.documents == (PLAIN,)


def test_no_documents_are_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no documents with a text"):
        task([], tmp_path)
