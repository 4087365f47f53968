"""Looks at what embeds for the index: inference endpoints and ingest pipeline; and at the documents' embeddings."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.elasticsearch import inference_endpoint, ingest_pipeline
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.staleness import Tally, tally
from components.elasticsearch.embedding.server import role_url
from components.elasticsearch.endpoint_validation import message
from components.elasticsearch.endpoints import Endpoints, pipeline_endpoint_id, query_id
from components.elasticsearch.errors import ElasticsearchError, LicenseError, RefusedError, UnreachableError
from components.elasticsearch.fields import DIGEST
from components.elasticsearch.generations.frozen_pipeline import frozen_id
from components.elasticsearch.identity import Identity
from components.elasticsearch.inference_endpoint import TASK, LiveEndpoint
from jinactl.doctor.declared import Declared
from jinactl.doctor.finding import CannotLookError, Check, Finding, from_error
from jinactl.doctor.index import CONVERGE, IndexReading

SECONDS = 15.0
"""Within which Elasticsearch must embed a few words."""


@dataclass(frozen=True, kw_only=True)
class EmbeddingReading:
    """How the index is embedded: `index` and its `identity`.

    `endpoints` are those that the stack declares, by name, None where there is none; they are None where documents come
    with their vectors. `embedded` is the error of an embedding by the endpoint for queries, None for none. `pipeline`
    is the body of the stack's pipeline, None where it is gone.
    """

    declared: Declared
    index: IndexReading
    identity: Identity
    endpoints: Mapping[str, LiveEndpoint | None] | None = None
    embedded: ElasticsearchError | None = None
    pipeline: Mapping[str, Any] | None = None

    def wanted(self) -> Endpoints:
        """Return the endpoints that the stack declares; raises CannotLookError where the outputs do not tell."""
        facts, url = self.declared.facts, self.declared.node_embeddings_url
        if not url:
            raise CannotLookError("the outputs have no elasticsearchEmbeddingsUrl: `pulumi up` adds it")
        return Endpoints(
            inference_id=facts.inference_id,
            url=url,
            query_url=self.declared.node_query_embeddings_url or role_url(url, "query"),
            model=self.identity.model,
            width=self.identity.width,
            dims=self.identity.dims,
            similarity=self.identity.similarity,
        )


def read_embedding(client: Requests, declared: Declared, index: IndexReading) -> EmbeddingReading:
    """Read endpoints and pipeline; raises CannotLookError where the index does not tell how it is embedded."""
    facts, identity = declared.facts, index.identity()
    if facts.embeds_in_client:
        return EmbeddingReading(declared=declared, index=index, identity=identity)
    names = Endpoints(
        inference_id=facts.inference_id,
        url="",
        model=identity.model,
        width=identity.width,
        dims=identity.dims,
    )
    return EmbeddingReading(
        declared=declared,
        index=index,
        identity=identity,
        endpoints={
            name: inference_endpoint.read_live(client, name)
            for name in (*names.named(), *names.of_pipelines())
        },
        embedded=_embedded(client, query_id(facts.inference_id)),
        pipeline=ingest_pipeline.read_live(client, facts.pipeline_id),
    )


def _embedded(client: Requests, endpoint: str) -> ElasticsearchError | None:
    try:
        path, query = f"/_inference/{TASK}/{endpoint}", {"timeout": f"{SECONDS - 5:.0f}s"}
        client.request("POST", path, {"input": ["How is it going?"]}, query=query, timeout=SECONDS)
    except ElasticsearchError as error:
        return error
    return None


def _endpoint_missing(reading: EmbeddingReading) -> Iterator[Finding]:
    for name, live in (reading.endpoints or {}).items():
        if live is None:
            yield Finding(what=f"there is no inference endpoint {name}", remedy=CONVERGE)


def _endpoint_foreign(reading: EmbeddingReading) -> Iterator[Finding]:
    wanted = reading.wanted()
    for name, one in {**wanted.named(), **wanted.of_pipelines()}.items():
        live = (reading.endpoints or {}).get(name)
        if live is None:
            continue
        if live.endpoint is None:
            yield Finding(
                what=f"inference endpoint {name} is of another kind: {live.shown()}", remedy=CONVERGE
            )
        elif live.endpoint.fixed != one.fixed:
            pairs = zip(("model", "url", "dims", "similarity"), live.endpoint.fixed, one.fixed, strict=True)
            told = [f"its {what} is {is_} instead of {shall}" for what, is_, shall in pairs if is_ != shall]
            yield Finding(
                what=f"inference endpoint {name} is another one: {', '.join(told)}", remedy=CONVERGE
            )


def _endpoint_broken(reading: EmbeddingReading) -> Iterator[Finding]:
    name = query_id(reading.declared.facts.inference_id)
    live = (reading.endpoints or {}).get(name)
    if live is None or isinstance(reading.embedded, LicenseError):
        raise CannotLookError("there is no endpoint for queries that the license allows to ask")
    if isinstance(reading.embedded, UnreachableError):  # the cluster answered everything else
        raise CannotLookError(f"{name} is busy: no embedding of a few words within {SECONDS:.0f} s")
    if isinstance(reading.embedded, RefusedError) and live.endpoint:
        told = (reading.embedded.reason, *reading.embedded.causes)
        yield from_error(RuntimeError(message(live.endpoint.url, name, told).partition(". ")[2]))
    elif reading.embedded is not None:
        yield from_error(reading.embedded)


def _pipeline_missing(reading: EmbeddingReading) -> Iterator[Finding]:
    if reading.pipeline is None:
        name = reading.declared.facts.pipeline_id
        yield Finding(
            what=f"there is no ingest pipeline {name}, so documents get no embedding", remedy=CONVERGE
        )


def _pipeline_foreign(reading: EmbeddingReading) -> Iterator[Finding]:
    facts, identity = reading.declared.facts, reading.identity
    name, body = reading.index.current()
    used = str(body.get("settings", {}).get("index", {}).get("default_pipeline", "_none"))
    if used not in (facts.pipeline_id, frozen_id(name)):
        yield Finding(
            what=f"{name} uses the pipeline {used} instead of {facts.pipeline_id}",
            remedy=f"{CONVERGE}, then jinactl repair",
        )
    wanted = ingest_pipeline.build_pipeline(
        inference_id=pipeline_endpoint_id(facts.inference_id, identity.dims),
        model=identity.model,
        document_prefix=identity.document_prefix,
        dims=identity.dims,
        owner=facts.stack_id,
    )
    if reading.pipeline is not None and used == facts.pipeline_id and dict(reading.pipeline) != wanted:
        yield Finding(
            what=f"ingest pipeline {facts.pipeline_id} is not the one that the stack declares",
            remedy=f"{CONVERGE}, then jinactl repair",
        )


Look = Callable[[EmbeddingReading], Iterable[Finding]]


def _in_elasticsearch(look: Look) -> Look:
    """Return a check that looks only where Elasticsearch embeds: elsewhere there is nothing to find."""
    return lambda reading: [] if reading.endpoints is None else look(reading)


CHECKS = (
    Check("endpoint-missing", _in_elasticsearch(_endpoint_missing)),
    Check("endpoint-foreign", _in_elasticsearch(_endpoint_foreign)),
    Check("endpoint-broken", _in_elasticsearch(_endpoint_broken)),
    Check("pipeline-missing", _in_elasticsearch(_pipeline_missing)),
    Check("pipeline-foreign", _in_elasticsearch(_pipeline_foreign)),
)


@dataclass(frozen=True, kw_only=True)
class DocumentsReading:
    """The documents of `index` whose embedding is not of their text, by what is wrong with it."""

    index: IndexReading
    tally: Tally

    def found(self, number: int, what: str) -> Iterator[Finding]:
        """Yield the finding that so many documents have something wrong, if any."""
        if number:
            facts = self.index.declared.facts
            least = "" if self.tally.whole else "at least "
            documents = "document has" if number == 1 else "documents have"
            yield Finding(
                what=f"{least}{number:,} {documents} {what}",
                remedy="jinactl repair"
                + ("" if facts.index == facts.indices[0] else f" --index {facts.index}"),
            )


def read_documents(client: Requests, index: IndexReading) -> DocumentsReading:
    """Count the documents whose embedding is not of their text; raises CannotLookError where that cannot be seen."""
    name, body = index.current()
    if index.health.get(name) == "red":
        raise CannotLookError(f"a shard of {name} is not there")
    if DIGEST not in body.get("mappings", {}).get("properties", {}):
        raise CannotLookError(
            f"{name} was made by an earlier version: `pulumi up` makes it ready for this one"
        )
    return DocumentsReading(index=index, tally=tally(client, name))


def _stale(reading: DocumentsReading) -> Iterator[Finding]:
    yield from reading.found(
        reading.tally.stale, "an embedding of another text than theirs, or of an unknown one"
    )


def _without(reading: DocumentsReading) -> Iterator[Finding]:
    yield from reading.found(reading.tally.without, "a text and no embedding")


DOCUMENT_CHECKS = (
    Check("documents-stale", _stale),
    Check("documents-without-embedding", _without),
)
