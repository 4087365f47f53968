"""Documents that are changed without the pipeline, counted and mended in the ways that people and the commands use."""

from typing import Any

from components.elasticsearch.client.client import Client
from components.elasticsearch.documents import mending, staleness
from components.elasticsearch.documents.staleness import KINDS
from components.elasticsearch.embedding import search
from tests.contract.elasticsearch.stack_resources import ALIAS, Wanted
from tests.fixtures.embedding_server import embedding, truncate

FIRST = "jina-demo-768-f16-59cfacee-1"


def quietly(_: str) -> None:
    """Drop a progress message."""


def change_past_the_pipeline(client: Client, contents: dict[str, Any]) -> None:
    """Change texts by a bulk update, which runs no pipeline; people do so without knowing."""
    lines: list[dict[str, Any]] = []
    for one, content in contents.items():
        lines += [{"update": {"_id": one}}, {"doc": {"content": content}}]
    answer = client.request("POST", f"/{ALIAS}/_bulk", lines, query={"refresh": "true"})
    assert answer["errors"] is False


def concrete(client: Client) -> str:
    """Return the index behind the alias."""
    return str(next(iter(client.request("GET", f"/{ALIAS}"))))


def counted(client: Client) -> dict[str, int]:
    """Return the number of documents of each kind; kinds without documents are left out."""
    return {str(kind): count for kind, count in staleness.tally(client, concrete(client)).of.items()}


def mend(client: Client, wanted: Wanted) -> int:
    """Mend all documents, as the command does."""
    index = concrete(client)
    embedder = wanted.embedder() if wanted.local_embeddings_url else None
    embeds = mending.embedder_for(client, wanted.identity(), wanted.pipeline_id, embedder)
    done = mending.mend(client, index, embeds, KINDS, quietly)
    mending.note_checked(client, index, done.checked)
    client.request("POST", f"/{index}/_refresh")
    return done.written


def nearest(client: Client, text: str, dims: int) -> str:
    """Return the document that is nearest to the embedding of a text."""
    return search.nearest(client, ALIAS, truncate(embedding(f"Document: {text}", 768), dims), 1)[0].id
