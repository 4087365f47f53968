"""What the doctor finds of Elasticsearch and of what the stack has there, on a cluster that answers from a table."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from components.elasticsearch.cluster.cluster_check import LiveCluster
from components.elasticsearch.documents.digest import DIGEST_MAPPING
from components.elasticsearch.documents.staleness import Tally
from components.elasticsearch.errors import (
    BackupError,
    CredentialsError,
    ElasticsearchError,
    LicenseError,
    PrivilegeError,
    RefusedError,
    TlsError,
    UnavailableError,
    UnreachableError,
    VersionError,
)
from components.elasticsearch.fields import DIGEST
from components.elasticsearch.identity import MANAGED_BY
from components.elasticsearch.inference_endpoint import LiveEndpoint
from components.elasticsearch.ingest_pipeline import build_pipeline
from jinactl.doctor import cluster, disk_and_license, embedding
from jinactl.doctor import index as indices
from jinactl.doctor.cluster import ClusterReading, read_cluster
from jinactl.doctor.disk_and_license import UpkeepReading, read_upkeep
from jinactl.doctor.embedding import DocumentsReading, EmbeddingReading, read_embedding
from jinactl.doctor.finding import CannotLookError
from jinactl.doctor.index import IndexReading, read_index
from jinactl.status.state import DiskState
from tests.unit.elasticsearch.recording import IDENTITY, RecordedCluster, missing
from tests.unit.jinactl.doctor.declaration import GENERATION, OWNER, declared, found

EMBEDDED = {"dims": 256, "model": "m"}
META = {
    "managed_by": MANAGED_BY,
    "owner": OWNER,
    "alias": "jina-demo",
    "identity": {**IDENTITY.as_dict(), **EMBEDDED},
}


def body(
    settings: Mapping[str, Any] | None = None, properties: Mapping[str, Any] | None = None, **meta: object
) -> dict[str, Any]:
    """Return an index as Elasticsearch shows it, with changes to its settings and notes."""
    own = {"default_pipeline": "jina-embeddings", **(settings or {})}
    mapped = {DIGEST: DIGEST_MAPPING} if properties is None else dict(properties)
    return {
        "settings": {"index": own},
        "mappings": {"_meta": {**META, **meta}, "properties": mapped},
    }


def refused(error: type[ElasticsearchError]) -> ElasticsearchError:
    return error("Something happened at http://es.test. Do something about it.")


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (UnreachableError, "elasticsearch-unreachable"),
        (TlsError, "elasticsearch-certificate"),
        (CredentialsError, "elasticsearch-password"),
        (PrivilegeError, "elasticsearch-privileges"),
        (VersionError, "elasticsearch-version"),
        (BackupError, "elasticsearch-refusal"),
    ],
)
def test_what_keeps_elasticsearch_from_answering_is_named(error: type[ElasticsearchError], name: str) -> None:
    answers = {"GET /": refused(error)}
    told = found(cluster.CHECKS, read_cluster(RecordedCluster(answers), declared(elasticsearchVolume="")))
    assert told.pop(name) == "Something happened at http://es.test -> Do something about it."
    assert all(why.startswith("not looked") for why in told.values())


def test_a_node_of_the_stacks_own_is_started_by_a_command() -> None:
    reading = ClusterReading(declared=declared(), error=refused(UnreachableError))
    assert "`docker start` it" in found(cluster.CHECKS, reading)["elasticsearch-unreachable"]


@pytest.mark.parametrize(
    ("version", "privileges", "told"),
    [
        ("9.5.3", {"cluster": {"monitor": True}}, {}),
        ("8.19.0", {"cluster": {}}, {"elasticsearch-version": "of version 8.19.0"}),
        (
            "9.5.3",
            {"cluster": {"monitor": False}},
            {"elasticsearch-privileges": "lack cluster privilege monitor"},
        ),
        ("9.5.3", missing(), {"elasticsearch-privileges": "not looked"}),
    ],
    ids=["well", "old", "privileges", "no security"],
)
def test_a_cluster_that_answers(version: str, privileges: Any, told: dict[str, str]) -> None:
    answers = {
        "GET /": {"version": {"number": version}},
        "GET /_license": {"license": {"type": "trial", "status": "active"}},
        "POST /_security/user/_has_privileges": privileges,
    }
    said = found(cluster.CHECKS, read_cluster(RecordedCluster(answers), declared()))
    assert said.keys() == told.keys()
    assert all(words in said[name] for name, words in told.items())


NOW = datetime(2026, 1, 10, tzinfo=UTC)


def disk(free: int) -> tuple[DiskState, ...]:
    gigabyte = 2**30
    return (
        DiskState(
            node="n",
            total=100 * gigabyte,
            free=free * gigabyte,
            low=15 * gigabyte,
            high=10 * gigabyte,
            flood=5 * gigabyte,
        ),
    )


@pytest.mark.parametrize(
    ("disks", "license", "told"),
    [
        (disk(50), ("trial", True, "2026-02-01T00:00:00+00:00"), {}),
        (disk(4), ("enterprise", True, ""), {"disk-full": "4.0 GB free of 100.0 GB"}),
        (disk(12), ("enterprise", True, ""), {"disk-filling": "its watermark is 15.0 GB"}),
        (disk(7), ("enterprise", True, ""), {"disk-filling": "its watermark is 10.0 GB"}),
        (None, ("trial", True, ""), {"disk-full": "not looked", "disk-filling": "not looked"}),
        (disk(50), ("trial", True, "2026-01-14T00:00:00+00:00"), {"license-ending": "in 4 days"}),
        (disk(50), ("trial", False, "2026-01-04T00:00:00+00:00"), {"license-ended": "ended on 2026-01-04"}),
        (disk(50), ("basic", True, ""), {"license-without-inference": "elasticsearchStartTrial true"}),
    ],
)
def test_disk_and_license(
    disks: tuple[DiskState, ...] | None, license: tuple[str, bool, str], told: dict[str, str]
) -> None:
    type_, active, expires = license
    live = LiveCluster(version="9.5.3", license=type_, license_active=active, license_expires=expires)
    reading = UpkeepReading(declared=declared(), live=live, disks=disks, now=NOW)
    said = found(disk_and_license.CHECKS, reading)
    assert said.keys() == told.keys()
    assert all(words in said[name] for name, words in told.items())


@pytest.mark.parametrize(("volume", "way_out"), [("volume", "pulumi up"), ("", "POST /_license/start_basic")])
def test_a_license_that_only_health_needs_has_another_way_out(volume: str, way_out: str) -> None:
    live = LiveCluster(version="9.5.3", license="trial", license_active=False, license_expires="2026-01-04T0")
    answers = {"GET /_nodes/stats/fs": missing()}
    reading = read_upkeep(
        RecordedCluster(answers), declared(inferenceEndpoint="", elasticsearchVolume=volume), live
    )
    assert reading.disks is None
    assert way_out in found(disk_and_license.CHECKS, reading)["license-ended"]


def reading(
    behind: Mapping[str, Any] | None = None, beside: Mapping[str, Any] | None = None, **changes: Any
) -> IndexReading:
    behind = {GENERATION: body()} if behind is None else behind
    declaration = changes.pop("declared", declared())
    return IndexReading(declared=declaration, behind=behind, beside=beside or {}, **changes)


OTHER = "jina-demo-64-f16-59cfacee-2"


@pytest.mark.parametrize(
    ("index", "told"),
    [
        (reading(), {}),
        (reading({}), {"alias-missing": "nothing has the name jina-demo", "outputs-outdated": "not looked"}),
        (
            reading({"jina-demo": body()}),
            {
                "alias-missing": "elasticsearchAdopt=jina-demo",
                "index-foreign": "not",
                "outputs-outdated": "not",
            },
        ),
        (
            reading({GENERATION: body(), OTHER: body()}),
            {"alias-ambiguous": "leads to 2 indices", "outputs-outdated": "not looked"},
        ),
        (reading(health={GENERATION: "red"}, unassigned="it is lost."), {"index-red": "it is lost ->"}),
        (reading(health={GENERATION: "yellow"}), {"index-yellow": '"index.number_of_replicas": 0'}),
        (
            reading({GENERATION: body({"blocks": {"write": "true", "read": "true"}})}),
            {"index-blocked": '{"index.blocks.read": null, "index.blocks.write": null}'},
        ),
        (
            reading({GENERATION: body({"blocks": {"write": "true"}}, successor=OTHER)}),
            {"index-blocked": "a migration that was interrupted"},
        ),
        (reading({GENERATION: body({"verified_before_close": "true"})}), {"index-blocked": "_open"}),
        (
            reading({GENERATION: body({"blocks": {"read_only_allow_delete": "true"}})}),
            {"index-flooded": "the disk of a node was full"},
        ),
        (reading({GENERATION: body(owner="another")}), {"index-foreign": "belongs to the stack another"}),
        (
            reading({GENERATION: body(managed_by="")}),
            {"index-foreign": "no stack of this project made", "outputs-outdated": "not looked"},
        ),
        (
            reading({GENERATION: body(identity_version=99)}),
            {"index-unreadable": "of version 99", "outputs-outdated": "not looked"},
        ),
        (
            reading(None, {OTHER: body(migration={"source": GENERATION})}),
            {"migration-interrupted": f"{OTHER} is half filled"},
        ),
        (reading(None, {OTHER: body(retired={"written": 3}, migration={"source": GENERATION})}), {}),
        (reading(declared=declared(quant="Q2_K")), {"outputs-outdated": "(quant)"}),
        (reading({OTHER: body()}), {"outputs-outdated": f"leads to {OTHER}"}),
        (reading(declared=declared("stackId")), {"index-foreign": "not looked"}),
    ],
)
def test_what_is_wrong_with_the_index_is_named(index: IndexReading, told: dict[str, str]) -> None:
    said = found(indices.CHECKS, index)
    assert said.keys() == told.keys()
    assert all(words in said[name] for name, words in told.items())


def test_the_index_is_read_with_what_is_beside_it_and_why_a_shard_has_no_place() -> None:
    answers = {
        "GET /jina-demo": {GENERATION: body()},
        "GET /jina-demo-*": {GENERATION: body(), OTHER: body(), "of-another": body(owner="another")},
        f"GET /_cluster/health/{GENERATION}": {"indices": {GENERATION: {"status": "yellow"}}},
        "POST /_cluster/allocation/explain": {"allocate_explanation": "no node"},
    }
    read = read_index(RecordedCluster(answers), declared())
    assert (list(read.behind), list(read.beside), read.unassigned) == ([GENERATION], [OTHER], "no node")
    answers[f"GET /_cluster/health/{GENERATION}"] = refused(LicenseError)
    assert read_index(RecordedCluster(answers), declared()).health == {}


PIPELINE = build_pipeline(
    inference_id="jina-local-document-256", model="m", document_prefix="Document: ", dims=256, owner=OWNER
)


def embedded(**changes: Any) -> EmbeddingReading:
    """Return a reading of endpoints and pipeline that are as the stack declares them, but for some changes."""
    index = changes.pop("index", reading())
    whole = EmbeddingReading(declared=index.declared, index=index, identity=index.identity())
    wanted = whole.wanted()
    endpoints: dict[str, LiveEndpoint | None] = {
        name: LiveEndpoint(service="openai", task="text_embedding", endpoint=one)
        for name, one in {**wanted.named(), **wanted.of_pipelines()}.items()
    }
    endpoints |= changes.pop("endpoints", {})
    own: dict[str, Any] = {"endpoints": endpoints, "pipeline": PIPELINE, **changes}
    return EmbeddingReading(declared=index.declared, index=index, identity=index.identity(), **own)


FOREIGN = LiveEndpoint(service="cohere", task="text_embedding", endpoint=None)
VALIDATION = RefusedError(
    "refused", status=400, kind="", reason="failed", causes=("Received an authentication error status code",)
)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, {}),
        ({"endpoints": {"jina-local-full": None}}, {"endpoint-missing": "jina-local-full"}),
        ({"endpoints": {"jina-local": FOREIGN}}, {"endpoint-foreign": "of another kind"}),
        ({"embedded": VALIDATION}, {"endpoint-broken": "asks for another API key"}),
        ({"embedded": refused(UnavailableError)}, {"endpoint-broken": "Something happened"}),
        (
            {"embedded": refused(UnreachableError)},
            {"endpoint-broken": "not looked: jina-local-query is busy"},
        ),
        ({"embedded": refused(LicenseError)}, {"endpoint-broken": "not looked"}),
        ({"pipeline": None}, {"pipeline-missing": "jina-embeddings"}),
        ({"pipeline": {"processors": []}}, {"pipeline-foreign": "is not the one"}),
        (
            {"index": reading({GENERATION: body({"default_pipeline": "mine"})})},
            {"pipeline-foreign": "uses the pipeline mine"},
        ),
    ],
)
def test_what_is_wrong_with_what_embeds_is_named(changes: dict[str, Any], told: dict[str, str]) -> None:
    said = found(embedding.CHECKS, embedded(**changes))
    assert said.keys() == told.keys()
    assert all(words in said[name] for name, words in told.items())


def test_endpoints_are_read_by_the_names_that_the_stack_gives_them() -> None:
    cluster = RecordedCluster({"POST /_inference/text_embedding/jina-local-query": refused(UnreachableError)})
    read = read_embedding(cluster, declared(), reading())
    assert list(read.endpoints or {}) == [
        "jina-local",
        "jina-local-query",
        "jina-local-document",
        "jina-local-document-256",
        "jina-local-full",
    ]
    assert isinstance(read.embedded, UnreachableError)
    in_client = read_embedding(cluster, declared(inferenceEndpoint=""), reading())
    assert found(embedding.CHECKS, in_client) == {}


def test_outputs_without_the_address_of_the_gateway_keep_one_check_from_looking() -> None:
    index = reading(declared=declared("elasticsearchEmbeddingsUrl"))
    read = EmbeddingReading(
        declared=index.declared,
        index=index,
        identity=index.identity(),
        endpoints={"jina-local-query": FOREIGN},
        pipeline=PIPELINE,
    )
    assert list(found(embedding.CHECKS, read)) == ["endpoint-foreign"]


Count = Callable[[RecordedCluster], DocumentsReading]


@pytest.mark.parametrize(
    ("tally", "told"),
    [
        (Tally({}), {}),
        (Tally({"stale": 2, "unknown": 1}), {"documents-stale": "3 documents have an embedding of another"}),
        (
            Tally({"without": 1}, whole=False),
            {"documents-without-embedding": "at least 1 document has a text"},
        ),
    ],
)
def test_documents_are_counted(tally: Tally, told: dict[str, str]) -> None:
    said = found(embedding.DOCUMENT_CHECKS, DocumentsReading(index=reading(), tally=tally))
    assert said.keys() == told.keys()
    assert all(words in said[name] for name, words in told.items())


@pytest.mark.parametrize(
    "index",
    [reading(health={GENERATION: "red"}), reading({GENERATION: body(properties={})}), reading({})],
    ids=["red", "of an earlier version", "no index"],
)
def test_documents_that_cannot_be_counted_are_not_looked_at(index: IndexReading) -> None:
    with pytest.raises(CannotLookError):
        embedding.read_documents(RecordedCluster(), index)


def test_a_node_that_knows_another_password_is_given_one_by_a_command_with_its_name() -> None:
    wrong = ClusterReading(declared=declared(), error=refused(CredentialsError))
    assert "docker exec cpu-elasticsearch bin/" in found(cluster.CHECKS, wrong)["elasticsearch-password"]
