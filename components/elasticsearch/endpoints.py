"""The inference endpoints of a stack: their names, and what each of them asks the gateway for.

The dims of an endpoint never change, so those whose names people use are made anew when the alias moves to an index of
other dims; the stack's own pipeline uses one that has the dims in its name, which is right for its index at any time.
"""

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import partial

from components.backoff import Backoff, Patience
from components.elasticsearch import inference_endpoint
from components.elasticsearch.client.client import Requests
from components.elasticsearch.embedding.server import role_url
from components.elasticsearch.errors import ElasticsearchError
from components.elasticsearch.identity import canonical
from components.elasticsearch.inference_endpoint import Endpoint

SIMILARITIES = ("cosine", "dot_product", "l2_norm")
"""Those that an endpoint can have; to vectors of length 1, max_inner_product is dot_product."""

WHILE_BUSY = Patience(limit=30.0, first_pause=0.1, longest_pause=2.0)
"""For how long an endpoint is tried to be made when its former self is deleted already."""


def query_id(inference_id: str) -> str:
    """Return the name of the endpoint that embeds queries."""
    return f"{inference_id}-query"


def document_id(inference_id: str) -> str:
    """Return the name of the endpoint that embeds documents."""
    return f"{inference_id}-document"


def pipeline_endpoint_id(inference_id: str, dims: int) -> str:
    """Return the name of the endpoint by which the stack's own pipeline embeds."""
    return f"{document_id(inference_id)}-{dims}"


def full_id(inference_id: str) -> str:
    """Return the name of the endpoint by which kept pipelines embed: it returns all numbers of the model."""
    return f"{inference_id}-full"


def is_of(name: str, inference_id: str) -> bool:
    """Tell whether an endpoint of that name is one of those of `inference_id`."""
    return re.fullmatch(f"{re.escape(inference_id)}(-query|-document(-[0-9]+)?|-full)?", name) is not None


def stem_of(name: str) -> str:
    """Return the `inference_id` of the endpoint by which a pipeline of any version embeds."""
    return re.sub("-document-[0-9]+$|-full$", "", name)


def full_beside(name: str) -> str:
    """Return the endpoint with all numbers of the model beside the one by which a pipeline embeds.

    To pipelines of earlier versions there is only one, which returns them all.
    """
    stem = stem_of(name)
    return name if stem == name else full_id(stem)


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """All endpoints of a stack: `inference_id` is the name of the first, with which the others begin.

    `url` is the full address of /v1/embeddings as the node sees it, and `query_url` that for queries, where it is of
    another host. The model returns `width` numbers, of which the index keeps `dims`.
    """

    inference_id: str
    url: str
    model: str
    width: int
    dims: int
    similarity: str = "cosine"
    query_url: str = ""
    api_key: str = field(default="", repr=False, compare=False)

    @classmethod
    def from_json(cls, text: str, api_key: str) -> "Endpoints":
        """Read what `as_json` wrote."""
        return cls(**json.loads(text), api_key=api_key)

    def as_json(self) -> str:
        """Return the one JSON text for these endpoints, without the key."""
        values = asdict(self)
        del values["api_key"]
        return canonical(values)

    def named(self) -> dict[str, Endpoint]:
        """Return the endpoints whose names people use, by name: they have the dims of the index in use."""
        similarity = self.similarity if self.similarity in SIMILARITIES else "dot_product"
        name = self.inference_id
        addresses = {
            name: self.url,
            query_id(name): self.query_url or role_url(self.url, "query"),
            document_id(name): role_url(self.url, "document"),
        }
        return {
            one: Endpoint(model_id=self.model, url=url, dimensions=self.dims, similarity=similarity)
            for one, url in addresses.items()
        }

    def of_pipelines(self) -> dict[str, Endpoint]:
        """Return the endpoints of the stack's own pipeline and of kept pipelines, by name."""
        own = Endpoint(model_id=self.model, url=role_url(self.url, "document"), dimensions=self.dims)
        whole = Endpoint(model_id=self.model, url=self.url, dimensions=self.width)
        return {pipeline_endpoint_id(self.inference_id, self.dims): own, full_id(self.inference_id): whole}


Moves = Mapping[str, Endpoint]


def find_moves(client: Requests, endpoints: Endpoints) -> Moves:
    """Return the endpoints that people name and that are not as they will be.

    One that differs in more than dims and similarity is left to its resource, which knows whose it is. So those found
    ask the gateway that they asked before, and the stack's own pipeline has had vectors of these dims from it already.
    """
    found = {}
    for name, wanted in endpoints.named().items():
        live = inference_endpoint.read_live(client, name)
        if live is None:
            found[name] = wanted
        elif live.endpoint is not None and live.endpoint != wanted:
            alike = replace(live.endpoint, dimensions=wanted.dimensions, similarity=wanted.similarity)
            if alike == wanted:
                found[name] = wanted
    return found


def move(client: Requests, moves: Moves, api_key: str) -> None:
    """Make these endpoints anew, all at the same time: searches that name them are refused meanwhile.

    Raises the ElasticsearchError of one that could not be made for half a minute; calling this again makes it.
    """
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(partial(_move, client, api_key), moves.items()):
            pass


def finish_moves(client: Requests, endpoints: Endpoints) -> None:
    """Move what an interrupted run did not. Raises as `move` does."""
    move(client, find_moves(client, endpoints), endpoints.api_key)


def _move(client: Requests, api_key: str, one: tuple[str, Endpoint]) -> None:
    name, wanted = one
    backoff = Backoff(WHILE_BUSY)
    inference_endpoint.delete(client, name, force=True)
    while True:
        try:
            return inference_endpoint.create(client, name, wanted, api_key)
        except ElasticsearchError:
            if not backoff.again():
                raise
