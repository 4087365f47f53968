"""OpenAI's own client, which asks for base64 unless it is told otherwise."""

from typing import Any

from openai import AsyncOpenAI, OpenAI

from tests.contract.clients.programs.cases import DIMS, TEXTS, TOO_LONG, At, run


def embed(at: At, texts: str | list[str], base: str = "", **options: Any) -> list[list[float]]:
    """Embed by the client that waits."""
    client = OpenAI(base_url=base or at.base, api_key=at.key)
    answer = client.embeddings.create(model=at.model, input=texts, **options)
    return [one.embedding for one in answer.data]


async def embed_async(at: At) -> list[list[float]]:
    """Embed by the asynchronous client."""
    async with AsyncOpenAI(base_url=at.base, api_key=at.key) as client:
        answer = await client.embeddings.create(model=at.model, input=TEXTS)
    return [one.embedding for one in answer.data]


if __name__ == "__main__":
    run(
        {
            "single": lambda at: embed(at, TEXTS[0]),
            "batch": lambda at: embed(at, TEXTS),
            "async": embed_async,
            "dimensions": lambda at: embed(at, TEXTS, dimensions=DIMS),
            "floats": lambda at: embed(at, TEXTS, encoding_format="float"),
            "query": lambda at: embed(at, TEXTS[0], at.role("query")),
            "document": lambda at: embed(at, TEXTS, at.role("document")),
            "too_long": lambda at: embed(at, [TEXTS[0], TOO_LONG]),
            "wrong_key": lambda at: embed(at, TEXTS),
            "unavailable": lambda at: embed(at, TEXTS),
            "full": lambda at: embed(at, TEXTS),
        }
    )
