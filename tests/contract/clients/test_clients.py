"""Clients of OpenAI's interface work with nothing but their base address changed, and stop or repeat as they should."""

import pytest

from tests.contract.clients.conftest import CONTEXT, KEY, Try, plain
from tests.contract.clients.programs.cases import DIMS, TEXTS
from tests.contract.gateway.running import Gateway

pytestmark = pytest.mark.sandbox

CLIENTS = ("openai", "langchain", "llama_index", "haystack")

EMBEDDED = {
    "single": ("/v1/embeddings", 1, None),
    "batch": ("/v1/embeddings", 2, None),
    "async": ("/v1/embeddings", 2, None),
    "dimensions": ("/v1/embeddings", 2, DIMS),
    "query": ("/query/v1/embeddings", 1, None),
    "document": ("/document/v1/embeddings", 2, None),
    "unavailable": ("/v1/embeddings", 2, None),
    "full": ("/v1/embeddings", 2, None),
}
"""The path that a case asks, how many of the texts it embeds, and the dimensions that it asks for."""

STATUSES = {
    "too_long": [400],
    "wrong_key": [401],
    "unavailable": [429, 200],
    "full": [429, 200],
}
"""What is answered to each request of a case, where that is not 200 alone."""


@pytest.mark.parametrize("case", EMBEDDED)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_gets_the_vectors_of_plain_http(
    client: str, case: str, tried: Try, through: Gateway
) -> None:
    found = tried(client, case)
    path, texts, dims = EMBEDDED[case]
    assert not found.error, found.message
    assert {one.path for one in found.sent} == {path}
    assert found.vectors == [
        pytest.approx(one, abs=1e-6) for one in plain(through, path, TEXTS[:texts], dims)
    ]


@pytest.mark.parametrize("case", STATUSES)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_repeats_what_can_pass_and_nothing_else(client: str, case: str, tried: Try) -> None:
    assert [one.status for one in tried(client, case).sent] == STATUSES[case]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_text_that_is_too_long_is_told_to_the_person_by_position_and_tokens(
    client: str, tried: Try
) -> None:
    message = tried(client, "too_long").message
    assert "input[1] has 2002 tokens" in message
    assert str(CONTEXT) in message


@pytest.mark.parametrize("client", CLIENTS)
def test_a_wrong_key_is_told_to_the_person(client: str, tried: Try) -> None:
    found = tried(client, "wrong_key")
    assert "The key is missing or wrong" in found.message
    assert KEY not in found.message


@pytest.mark.parametrize("client", ["openai", "langchain", "llama_index"])
def test_both_encodings_give_the_same_vectors(client: str, tried: Try) -> None:
    as_numbers, by_default = tried(client, "floats"), tried(client, "batch")
    assert as_numbers.sent[0].body["encoding_format"] == "float"
    assert by_default.sent[0].body["encoding_format"] == "base64"
    assert as_numbers.vectors == [pytest.approx(one, abs=1e-6) for one in by_default.vectors]


def test_langchain_by_default_is_told_how_to_send_texts(tried: Try) -> None:
    found = tried("langchain", "tokens")
    (sent,) = found.sent
    assert isinstance(sent.body["input"][0][0], int)
    assert sent.status == 400
    assert "check_embedding_ctx_length=False" in found.message
