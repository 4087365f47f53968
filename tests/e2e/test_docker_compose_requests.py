"""The docker-compose setup's own requests, word for word, find and embed on this stack what they did there.

Only the names of the pipelines and of their indices are a person's own, as the setup's names are the stack's.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
import pytest
import requests

from components.elasticsearch.documents.demo import DEMO_CONTENTS, DEMO_QUERIES
from sandbox.preparation import Prepared
from sandbox.pulumi.stack import SandboxStack
from sandbox.show.answers import demo_answers
from tests.e2e.conftest import new_stack, remove_left_overs
from tests.fixtures.docker_compose_requests import (
    BULK,
    ENDPOINT,
    INDEX,
    PIPELINE_32,
    PIPELINE_768,
    QUERIES,
    RETRIEVE,
    Recorded,
)

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

NAME = "docker-compose"
WIDTH = 768
DIMS = (768, 512, 256, 128, 64, 32)
CONTENT = "Feed a sourdough starter with flour and water every day."
SAME = 1e-6
"""How far two vectors of one text may lie apart."""

IN_8_BITS = 0.01
"""How far a similarity may be off that is computed from numbers of 8 bits."""


@dataclass(frozen=True)
class Chain:
    """What people reach of a running stack: the node with its credentials, and where embeddings are made."""

    node: str
    auth: tuple[str, str]
    embeddings: str

    def send(self, recorded: Recorded, path: str = "") -> requests.Response:
        """Send a request as it stands."""
        return recorded.send(self.node, self.auth, path)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request of the test's own, and return what comes."""
        answer = requests.request(method, f"{self.node}/{path}", json=body, auth=self.auth, timeout=120)
        assert answer.ok, answer.text
        return answer.json()

    def embed(self, texts: Sequence[str]) -> numpy.ndarray[Any, Any]:
        """Return the whole vectors of texts that carry their prefix, one a row."""
        answer = requests.post(self.embeddings, json={"input": list(texts)}, timeout=120)
        assert answer.ok, answer.text
        return numpy.array([one["embedding"] for one in answer.json()["data"]])


def brought_up(stack: SandboxStack) -> None:
    finished = stack.up(capture=True)
    assert finished.exit_code == 0, finished.output


def chain_of(stack: SandboxStack) -> Chain:
    outputs = stack.outputs()
    auth = (outputs["elasticsearchUser"], outputs["elasticsearchPassword"])
    return Chain(outputs["elasticsearchUrl"], auth, outputs["embeddingsUrl"])


@pytest.fixture(scope="module")
def stack(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxStack]:
    """Bring a stack up at the model's own dimensions."""
    made = new_stack(NAME, tmp_path_factory.mktemp(NAME), prepared)
    try:
        brought_up(made)
        yield made
    finally:
        remove_left_overs(NAME)


def cut(vectors: numpy.ndarray[Any, Any], dims: int) -> numpy.ndarray[Any, Any]:
    """Return the first `dims` numbers of each vector, of length 1 again."""
    kept = vectors[:, :dims]
    shortened: numpy.ndarray[Any, Any] = kept / numpy.linalg.norm(kept, axis=1, keepdims=True)
    return shortened


def require_nearest(chain: Chain, query: str, found: str, dims: int, prefix: str) -> None:
    """Fail unless a text is the demo's nearest one to a query at so many dims, computed apart from the node.

    Or as near as 8 bits for each number can tell: the index compares such vectors.
    """
    documents = cut(chain.embed([f"{prefix}{content}" for content in DEMO_CONTENTS]), dims)
    near = documents @ cut(chain.embed([query]), dims)[0]
    assert near[DEMO_CONTENTS.index(found)] == pytest.approx(near.max(), abs=IN_8_BITS), query


def stored_vector(chain: Chain, name: str, content: str) -> numpy.ndarray[Any, Any]:
    """Index a text by the pipeline and in the index of that name, and return the vector that it got."""
    created = chain.ask("POST", f"{name}/_doc?refresh=true&pipeline={name}", {"content": content})
    query = {"query": {"ids": {"values": [created["_id"]]}}, "_source": {"exclude_vectors": False}}
    (hit,) = chain.ask("POST", f"{name}/_search", query)["hits"]["hits"]
    assert "_inference_input" not in hit["_source"]
    return numpy.array([hit["_source"]["content_embedding"]])


def found(chain: Chain, recorded: Recorded) -> tuple[str, str]:
    """Send one of the five queries, and return the text that it asks for and the one that it finds first."""
    answer = chain.send(recorded)
    assert answer.status_code == 200, answer.text
    hits = answer.json()["hits"]["hits"]
    sent = json.loads(recorded.body)
    assert len(hits) == sent["size"]
    return sent["knn"]["query_vector_builder"]["text_embedding"]["model_text"], hits[0]["_source"]["content"]


def test_its_own_endpoint_and_index_are_refused_where_the_stack_has_them(stack: SandboxStack) -> None:
    chain = chain_of(stack)
    before = chain.ask("GET", ENDPOINT.path)
    # The endpoint's address is asked before its name is found to be taken, and need not be this stack's.
    assert [chain.send(one).status_code for one in (ENDPOINT, INDEX)] == [400, 400]
    assert chain.ask("GET", ENDPOINT.path) == before


def test_its_bulk_of_ten_documents_without_ids_does_no_harm(stack: SandboxStack) -> None:
    chain = chain_of(stack)
    answer = chain.send(BULK, f"{BULK.path}?refresh=true").json()
    assert [item["index"]["status"] for item in answer["items"]] == [201] * 10
    assert chain.ask("GET", "jina-demo/_count")["count"] == 20
    assert [one.ok for one in demo_answers(stack.outputs())] == [True] * 5
    unchanged = stack.preview("--expect-no-changes", "--refresh")
    assert unchanged.exit_code == 0, unchanged.output


def test_its_pipeline_of_768_dims_gives_the_whole_vector(stack: SandboxStack) -> None:
    whole_vector_by_its_pipeline(chain_of(stack))


def whole_vector_by_its_pipeline(chain: Chain) -> None:
    own = "docker-compose-768"
    assert chain.send(PIPELINE_768, f"_ingest/pipeline/{own}").status_code == 200
    index = json.loads(INDEX.body)
    index["mappings"]["properties"]["content_embedding"]["dims"] = WIDTH
    chain.ask("PUT", own, index)
    expected = chain.embed([f"Document: {CONTENT}"])
    assert stored_vector(chain, own, CONTENT) == pytest.approx(expected, abs=SAME)
    # The endpoint follows the stack's dims, and this pipeline with it: such an index is not for fewer.
    remove(chain, own)


def short_vector_by_its_pipeline(chain: Chain) -> None:
    own = "docker-compose-32"
    assert chain.send(PIPELINE_32, f"_ingest/pipeline/{own}").status_code == 200
    assert chain.send(INDEX, own).status_code == 200
    expected = cut(chain.embed([f"Document: {CONTENT}"]), 32)
    # It cuts and does not normalise: the direction is what it was.
    assert cut(stored_vector(chain, own, CONTENT), 32) == pytest.approx(expected, abs=SAME)
    remove(chain, own)


def remove(chain: Chain, own: str) -> None:
    """Remove an index and a pipeline of one name: a change of dims is refused while they use the stack's endpoint."""
    for path in (own, f"_ingest/pipeline/{own}"):
        chain.ask("DELETE", path)


@pytest.mark.parametrize("dims", DIMS)
def test_at_every_dims_its_queries_find_and_its_pipeline_of_32_dims_embeds(
    stack: SandboxStack, prepared: Prepared, dims: int
) -> None:
    stack.configure({"dims": dims})
    brought_up(stack)
    chain = chain_of(stack)
    prefix = str(prepared.settings.get("modelDocumentPrefix", "Document: "))
    answers = [found(chain, query) for query in QUERIES]
    for asked, best in answers:
        require_nearest(chain, asked, best, dims, prefix)
    # The stand-in model was trained neither with prefixes nor to be cut: what is nearest by it may be another one.
    if all(part.real for part in prepared.parts if part.name == "model hub"):
        assert [best for _, best in answers] == [query.document.content for query in DEMO_QUERIES]
    (hit,) = chain.send(RETRIEVE).json()["hits"]["hits"]
    assert len(hit["fields"]["content_embedding"]) == dims
    assert chain.ask("GET", "jina-demo/_count")["count"] == 20
    short_vector_by_its_pipeline(chain)
