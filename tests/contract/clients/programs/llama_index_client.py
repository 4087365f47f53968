"""LlamaIndex's client of servers with OpenAI's interface."""

from typing import Any

from llama_index.embeddings.openai_like import OpenAILikeEmbedding

from tests.contract.clients.programs.cases import DIMS, TEXTS, TOO_LONG, At, run


def embedding(at: At, base: str = "", **options: Any) -> OpenAILikeEmbedding:
    """Return the client."""
    return OpenAILikeEmbedding(model_name=at.model, api_base=base or at.base, api_key=at.key, **options)


if __name__ == "__main__":
    run(
        {
            "single": lambda at: [embedding(at).get_query_embedding(TEXTS[0])],
            "batch": lambda at: embedding(at).get_text_embedding_batch(TEXTS),
            "async": lambda at: embedding(at).aget_text_embedding_batch(TEXTS),
            "dimensions": lambda at: embedding(at, dimensions=DIMS).get_text_embedding_batch(TEXTS),
            "floats": lambda at: embedding(
                at, additional_kwargs={"encoding_format": "float"}
            ).get_text_embedding_batch(TEXTS),
            "query": lambda at: [embedding(at, at.role("query")).get_query_embedding(TEXTS[0])],
            "document": lambda at: embedding(at, at.role("document")).get_text_embedding_batch(TEXTS),
            "too_long": lambda at: embedding(at).get_text_embedding_batch([TEXTS[0], TOO_LONG]),
            "wrong_key": lambda at: embedding(at).get_text_embedding_batch(TEXTS),
            "unavailable": lambda at: embedding(at).get_text_embedding_batch(TEXTS),
            "full": lambda at: embedding(at).get_text_embedding_batch(TEXTS),
        }
    )
