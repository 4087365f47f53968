"""Lists what people have in a cluster, hidden and closed too: everything that Elasticsearch did not make by itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.generations.live_index import EVERY_STATE

OF_ELASTICSEARCH = re.compile(
    r"\.(security|security-(tokens|profile)|tasks|inference|secrets-inference|geoip_databases|async-search|watches"
    r"|triggered_watches|snapshot-blob-cache)(-\d+)?"
    r"|\.(ml|monitoring|transform|kibana|profiling)[-_.].+"
    r"|\.(logs-deprecation|deprecation|slm-history|fleet|apm)[-.].+|ilm-history-\d+"
)
"""Names of indices and data streams that Elasticsearch makes for its own bookkeeping and does not always mark as its
own. People's names may begin with a dot too, so a dot alone proves nothing."""

EVALUATION = "jina-search-evaluation-"
"""How the names begin of indices that `jinactl evaluate` measures with and removes; 16 hexadecimal digits follow."""

OF_EVALUATION = re.compile(f"{EVALUATION}[0-9a-f]{{16}}")


@dataclass(frozen=True)
class IndexAbstraction:
    """An index or a data stream, by its name; in a `closed` one nothing can be counted."""

    name: str
    closed: bool = False


def of_people(client: Requests) -> Iterator[IndexAbstraction]:
    """Yield the indices and data streams, hidden and closed ones too, that Elasticsearch did not make by itself."""
    answer: Mapping[str, Any] = client.request("GET", "/_resolve/index/*", query=EVERY_STATE)
    for found in answer.get("indices", []):
        attributes = found.get("attributes", [])
        # The backing indices of a data stream are counted under the name of the stream.
        temporary = "hidden" in attributes and OF_EVALUATION.fullmatch(found["name"])
        if "system" not in attributes and not found.get("data_stream") and not temporary:
            yield from _unless_of_elasticsearch(IndexAbstraction(str(found["name"]), "closed" in attributes))
    for found in answer.get("data_streams", []):
        yield from _unless_of_elasticsearch(IndexAbstraction(str(found["name"])))


def _unless_of_elasticsearch(found: IndexAbstraction) -> Iterator[IndexAbstraction]:
    if not is_elasticsearchs(found.name):
        yield found


def is_elasticsearchs(name: str) -> bool:
    """Tell whether a name is one that Elasticsearch gives to what it makes by itself."""
    return OF_ELASTICSEARCH.fullmatch(name) is not None
