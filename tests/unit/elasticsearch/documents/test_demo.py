"""The demo's documents and queries."""

import json

import pytest

from components.elasticsearch.documents.demo import DEMO_CONTENTS, DEMO_DOCUMENTS, DEMO_QUERIES, DemoQuery
from tests.fixtures.docker_compose_requests import BULK, QUERIES


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


def test_documents_and_queries_are_those_of_the_docker_compose_setup() -> None:
    lines = [json.loads(line) for line in BULK.body.splitlines()]
    assert [line["content"] for line in lines if "content" in line] == list(DEMO_CONTENTS)
    sent = [json.loads(query.body) for query in QUERIES]
    assert [one["size"] for one in sent] == [query.size for query in DEMO_QUERIES]
    built = [one["knn"]["query_vector_builder"]["text_embedding"] for one in sent]
    assert built == [
        {"model_id": "jina-local", "model_text": f"Query: {query.text}"} for query in DEMO_QUERIES
    ]
