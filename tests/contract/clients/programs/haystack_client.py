"""Haystack's embedders for OpenAI's interface: one for a query, one for documents."""

from typing import Any

from haystack import Document
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.utils import Secret

from tests.contract.clients.programs.cases import DIMS, TEXTS, TOO_LONG, At, run


def settings(at: At, base: str, **options: Any) -> dict[str, Any]:
    """Return what both embedders are told."""
    return {
        "api_key": Secret.from_token(at.key),
        "api_base_url": base or at.base,
        "model": at.model,
        **options,
    }


def of_query(at: At, base: str = "", **options: Any) -> list[Any]:
    """Embed a query."""
    return [OpenAITextEmbedder(**settings(at, base, **options)).run(TEXTS[0])["embedding"]]


def of_documents(at: At, base: str = "", texts: list[str] = TEXTS, **options: Any) -> list[Any]:
    """Embed documents; without `raise_on_failure` it goes on where a request failed."""
    embedder = OpenAIDocumentEmbedder(
        **settings(at, base, **options), progress_bar=False, raise_on_failure=True
    )
    found = embedder.run([Document(content=text) for text in texts])
    return [document.embedding for document in found["documents"]]


async def of_documents_async(at: At) -> list[Any]:
    """Embed documents asynchronously."""
    embedder = OpenAIDocumentEmbedder(**settings(at, ""), progress_bar=False, raise_on_failure=True)
    found = await embedder.run_async([Document(content=text) for text in TEXTS])
    return [document.embedding for document in found["documents"]]


if __name__ == "__main__":
    run(
        {
            "single": of_query,
            "batch": of_documents,
            "async": of_documents_async,
            "dimensions": lambda at: of_documents(at, dimensions=DIMS),
            "query": lambda at: of_query(at, at.role("query")),
            "document": lambda at: of_documents(at, at.role("document")),
            "too_long": lambda at: of_documents(at, texts=[TEXTS[0], TOO_LONG]),
            "wrong_key": of_documents,
            "unavailable": of_documents,
            "full": of_documents,
        }
    )
