"""Finishes a migration after its aliases were moved: completes the new generation and retires the old one."""

from components.elasticsearch import endpoints
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.sequence import read_progress
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.generation import WantedIndex
from components.elasticsearch.migration.carried_embeddings import mend_carried
from components.elasticsearch.migration.stragglers import embed_stragglers


def finish(
    client: Requests, wanted: WantedIndex | None, new: str, old: str, embedder: Embedder | None = None
) -> None:
    """Do what a migration leaves for after the switch, and note that it is over: `old` holds only copies from then on.

    `wanted` is None when another index is wanted by now; nothing is mended then, because the next migration carries no
    stale embedding over. Raises IndexingError as `embed_stragglers` and `mend_carried` do.
    """
    if wanted and wanted.moved_endpoints:
        endpoints.finish_moves(client, wanted.moved_endpoints)
    checked = mend_carried(client, new, wanted, embedder) if wanted else None
    migration = indices.read_meta(client, new).get("migration", {})
    if migration.get("stragglers"):
        embed_stragglers(client, new, **migration["stragglers"])
    _retire(client, old, new, migration.get("left"))
    if migration.get("afterwards"):
        client.request("PUT", f"/{new}/_settings", migration["afterwards"])
    indices.add_meta(client, new, {"migration": {}, **({} if checked is None else {"checked": checked})})


def _retire(client: Requests, old: str, new: str, left: int | None) -> None:
    """Close the old generation to writers, and note how far its writes had come when the aliases left it (`left`)."""
    found = client.find(f"/{old}")
    if found is None or indices.meta_of(found[old]).get("retired"):
        return
    written = read_progress(client, old).written if left is None else left
    uuid = found[old].get("settings", {}).get("index", {}).get("uuid", "")
    client.request("PUT", f"/{old}/_block/write")
    retired = {"successor": new, "written": written, "uuid": uuid}
    indices.add_meta(client, old, {"successor": "", "retired": retired})
