"""LangChain's client of OpenAI's interface, which sends ids of tokens unless it is told otherwise."""

from typing import Any

import tiktoken
import tiktoken.registry
from langchain_openai import OpenAIEmbeddings

from tests.contract.clients.programs.cases import DIMS, TEXTS, TOO_LONG, At, run


def embeddings(at: At, base: str = "", **options: Any) -> OpenAIEmbeddings:
    """Return the client, told to send texts."""
    given = {"check_embedding_ctx_length": False, **options}
    return OpenAIEmbeddings(base_url=base or at.base, api_key=at.key, model=at.model, **given)


def by_default(at: At) -> Any:
    """Embed as LangChain does by default.

    It takes the tokens of the vocabulary that tiktoken downloads from OpenAI. Any vocabulary shows the fault, so it
    gets one of the 256 bytes, and needs no network.
    """
    ranks = {bytes([number]): number for number in range(256)}
    tiktoken.registry.ENCODINGS["cl100k_base"] = tiktoken.Encoding(
        "cl100k_base", pat_str=r"(?s).", mergeable_ranks=ranks, special_tokens={}
    )
    return embeddings(at, check_embedding_ctx_length=True).embed_documents(TEXTS)


if __name__ == "__main__":
    run(
        {
            "single": lambda at: [embeddings(at).embed_query(TEXTS[0])],
            "batch": lambda at: embeddings(at).embed_documents(TEXTS),
            "async": lambda at: embeddings(at).aembed_documents(TEXTS),
            "dimensions": lambda at: embeddings(at, dimensions=DIMS).embed_documents(TEXTS),
            "floats": lambda at: embeddings(at, model_kwargs={"encoding_format": "float"}).embed_documents(
                TEXTS
            ),
            "query": lambda at: [embeddings(at, at.role("query")).embed_query(TEXTS[0])],
            "document": lambda at: embeddings(at, at.role("document")).embed_documents(TEXTS),
            "too_long": lambda at: embeddings(at).embed_documents([TEXTS[0], TOO_LONG]),
            "wrong_key": lambda at: embeddings(at).embed_documents(TEXTS),
            "unavailable": lambda at: embeddings(at).embed_documents(TEXTS),
            "full": lambda at: embeddings(at).embed_documents(TEXTS),
            "tokens": by_default,
        }
    )
