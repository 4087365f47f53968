"""The demo's documents and queries."""

import pytest

from components.elasticsearch.documents.demo import DEMO_DOCUMENTS, DEMO_QUERIES, DemoQuery


@pytest.mark.parametrize(
    ("query", "word"),
    list(
        zip(
            DEMO_QUERIES,
            ["OOMKilled", "PostgreSQL", "certbot", "CORS|Cross-Origin", "AWS Lambda"],
            strict=True,
        )
    ),
)
def test_each_demo_query_expects_the_document_that_answers_it(query: DemoQuery, word: str) -> None:
    assert any(part in query.document.content for part in word.split("|"))


def test_there_are_ten_demo_documents_with_ids_of_their_own() -> None:
    assert [one.id for one in DEMO_DOCUMENTS] == [f"demo-{number:02}" for number in range(1, 11)]
    assert len({one.content for one in DEMO_DOCUMENTS}) == 10
