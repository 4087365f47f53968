"""The documents to search in are a sample that depends on the documents alone."""

import random
from pathlib import Path

import pytest

from components.elasticsearch.documents.bulk import Document
from jinactl.errors import CommandError
from jinactl.evaluate.corpus import read_file, sample

DOCUMENTS = [Document(str(number), f"text {number}") for number in range(100)]


def ids(documents: list[Document], most: int, kept: tuple[str, ...] = ()) -> list[str]:
    return [one.id for one in sample(documents, most, kept).documents]


def test_the_order_of_the_documents_makes_no_difference() -> None:
    shuffled = random.Random(1).sample(DOCUMENTS, len(DOCUMENTS))  # noqa: S311

    assert ids(shuffled, 10) == ids(DOCUMENTS, 10)
    assert len(ids(DOCUMENTS, 10)) == 10


def test_documents_that_answer_queries_are_kept_and_count() -> None:
    without = ids(DOCUMENTS, 10)
    kept = tuple(str(number) for number in range(100) if str(number) not in without)[:4]

    chosen = ids(DOCUMENTS, 10, kept)

    assert set(kept) < set(chosen)
    assert len(chosen) == 10
    assert set(chosen) - set(kept) < set(without)


def test_a_document_without_a_text_is_none_and_of_one_id_the_last_counts() -> None:
    found = sample([Document("a", " "), Document("b", "old"), Document("b", "new")], 10)

    assert found.documents == (Document("b", "new"),)
    assert (found.of, found.is_sample) == (1, False)


def test_a_sample_says_of_how_many_it_is() -> None:
    found = sample(DOCUMENTS, 10)

    assert (found.of, found.is_sample) == (100, True)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"\xff\n", "line 1: not UTF-8 text"), (None, "cannot be read"), (b"[1]\n", "line 1")],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(
    content: bytes | None, told: str, tmp_path: Path
) -> None:
    file = tmp_path / "documents.ndjson"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(CommandError, match=told):
        list(read_file(file))
