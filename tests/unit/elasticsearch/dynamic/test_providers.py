"""The dynamic providers: what is a change, what is asked for it, and that nothing is asked for none."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from pulumi.output import UNKNOWN

from components.elasticsearch.client.client import Patience
from components.elasticsearch.cluster import presence
from components.elasticsearch.documents.digest import digest_of
from components.elasticsearch.dynamic import provider as providers
from components.elasticsearch.dynamic.cluster_check import ClusterCheckProvider
from components.elasticsearch.dynamic.deletion_guard import DeletionGuardProvider
from components.elasticsearch.dynamic.demo_documents import ALL_PRESENT, DemoDocumentsProvider
from components.elasticsearch.dynamic.index import IndexProvider
from components.elasticsearch.dynamic.inference_endpoint import InferenceEndpointProvider
from components.elasticsearch.dynamic.ingest_pipeline import IngestPipelineProvider
from components.elasticsearch.dynamic.password import PasswordProvider
from components.elasticsearch.dynamic.provider import ClusterProvider
from components.elasticsearch.errors import (
    CredentialsError,
    DocumentsAtRiskError,
    ElasticsearchError,
    TlsError,
    UnavailableError,
    UnreachableError,
)
from components.elasticsearch.generations.index import build_index
from components.elasticsearch.identity import canonical
from tests.unit.elasticsearch.generations.made import WANTED
from tests.unit.elasticsearch.recording import IDENTITY, RecordedCluster, missing

CONNECTION = {
    "url": "http://es.test:9200",
    "api_key": "",
    "user": "elastic",
    "password": "hunter2",
    "ca_certificate": "",
    "fingerprint": "",
    "schema_version": "1",
}
INDEX = {"alias": "jina-demo", "pipeline_id": "jina-embeddings", "revision": "59cfacee"}
ENDPOINT_BODY = canonical(
    {
        "dimensions": 768,
        "model_id": "m",
        "requests_per_minute": 60000,
        "similarity": "cosine",
        "url": "http://llama-server:8080/v1/embeddings",
    }
)

INPUTS: dict[type[ClusterProvider], dict[str, Any]] = {
    ClusterCheckProvider: {**INDEX, "identity": IDENTITY.as_json(), "start_trial": False},
    InferenceEndpointProvider: {
        "inference_id": "jina-local",
        "body": ENDPOINT_BODY,
        "embeddings_api_key": "hunter2",
    },
    IngestPipelineProvider: {
        "pipeline_id": "jina-embeddings",
        "inference_id": "jina-local",
        "body": canonical({"description": "d", "processors": []}),
    },
    IndexProvider: {
        **INDEX,
        "identity": IDENTITY.as_json(),
        "delete_data": "",
        "alias_state": "in place",
        # As the engine hands over an output that the program declares.
        "concrete_index": None,
    },
    DemoDocumentsProvider: {
        "alias": "jina-demo",
        "identity": IDENTITY.as_json(),
        "present": ALL_PRESENT,
    },
    DeletionGuardProvider: {"alias": "jina-demo", "delete_data": "", "scope": "index"},
}
PROVIDERS = list(INPUTS)


def inputs(kind: type[ClusterProvider], **changes: Any) -> dict[str, Any]:
    """Return the inputs of a resource as the engine hands them over."""
    return {**CONNECTION, **INPUTS[kind], "__provider": "pickled", **changes}


def outputs(kind: type[ClusterProvider], **changes: Any) -> dict[str, Any]:
    """Return the outputs that a resource has in the state."""
    computed = {IndexProvider: {"concrete_index": "i-1"}, ClusterCheckProvider: {"version": "9.5.3"}}
    return {**inputs(kind), **computed.get(kind, {}), **changes}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> RecordedCluster:
    """Put a recorded cluster in the place of every connection."""
    recorded = RecordedCluster()

    @contextmanager
    def opened(*_: object) -> Iterator[RecordedCluster]:
        yield recorded

    monkeypatch.setattr(providers, "client_of", opened)
    return recorded


@pytest.mark.parametrize("kind", PROVIDERS)
def test_equal_inputs_are_no_change(kind: type[ClusterProvider]) -> None:
    checked = kind().check(outputs(kind), inputs(kind))
    assert (checked.inputs, checked.failures) == (inputs(kind), [])
    found = kind().diff("id", outputs(kind), inputs(kind))
    assert (found.changes, found.replaces, found.delete_before_replace) == (False, [], False)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (kind, key)
        for kind in PROVIDERS
        for key in (*CONNECTION, *INPUTS[kind])
        if key not in ("schema_version", "concrete_index")
    ],
)
def test_every_input_is_compared_and_may_be_unknown(kind: type[ClusterProvider], key: str) -> None:
    for value in ("another", UNKNOWN):
        provider = kind()
        news = provider.check(outputs(kind), inputs(kind, **{key: value})).inputs
        found = provider.diff("id", outputs(kind), news)
        assert found.changes is True
        is_name = key in ("inference_id", "pipeline_id") and key == provider.name_key
        assert found.replaces == ([key] if is_name and value == "another" else [])


@pytest.mark.parametrize("kind", [kind for kind in PROVIDERS if kind is not ClusterCheckProvider])
@pytest.mark.parametrize("changed", [{"password": "new"}, {"api_key": "new"}, {"ca_certificate": "/c.pem"}])
def test_other_credentials_are_noted_without_a_request(
    kind: type[ClusterProvider], changed: dict[str, Any], cluster: RecordedCluster
) -> None:
    if kind is InferenceEndpointProvider:
        assert "embeddings_api_key" not in kind.local
    outs = kind().update("id", outputs(kind), inputs(kind, **changed)).outs
    expected = {key: value for key, value in outputs(kind).items() if key != "__provider"}
    assert outs == {**expected, **changed}
    assert cluster.asked == []


@pytest.mark.parametrize("kind", [IndexProvider, DeletionGuardProvider])
def test_giving_up_documents_asks_nothing_of_the_cluster(
    kind: type[ClusterProvider], cluster: RecordedCluster
) -> None:
    outs = kind().update("id", outputs(kind), inputs(kind, delete_data="jina-demo")).outs
    assert outs is not None
    assert outs["delete_data"] == "jina-demo"
    assert cluster.asked == []


def test_a_new_key_of_the_server_is_written_to_the_endpoint(cluster: RecordedCluster) -> None:
    kind = InferenceEndpointProvider
    settings = json.loads(ENDPOINT_BODY)
    limit = {"requests_per_minute": settings.pop("requests_per_minute")}
    found = {"service": "openai", "task_type": "text_embedding"}
    endpoint = {**found, "service_settings": {**settings, "rate_limit": limit}}
    cluster.answers["GET /_inference/jina-local"] = {"endpoints": [endpoint]}
    kind().update("id", outputs(kind), inputs(kind, embeddings_api_key="new"))
    assert cluster.written == ["PUT /_inference/text_embedding/jina-local/_update"]
    assert cluster.asked[-2][1]["service_settings"]["api_key"] == "new"


GONE = {
    InferenceEndpointProvider: "GET /_inference/jina-local",
    IngestPipelineProvider: "GET /_ingest/pipeline/jina-embeddings",
    IndexProvider: "GET /jina-demo",
    DemoDocumentsProvider: "GET /jina-demo",
}


@pytest.mark.parametrize("kind", GONE)
def test_what_is_gone_is_read_as_an_empty_id(kind: type[ClusterProvider], cluster: RecordedCluster) -> None:
    cluster.answers[GONE[kind]] = missing()
    found = kind().read("id", outputs(kind))
    assert (found.id, found.outs) == ("", {})


def test_an_edited_pipeline_is_read_back_so_that_the_next_update_mends_it(cluster: RecordedCluster) -> None:
    kind = IngestPipelineProvider
    edited = {"description": "edited", "processors": [], "modified_date_millis": 1}
    cluster.answers[GONE[kind]] = {"jina-embeddings": edited}
    found = kind().read("id", outputs(kind))
    assert found.inputs is not None
    assert found.outs is not None
    assert (
        found.inputs["body"] == found.outs["body"] == canonical({"description": "edited", "processors": []})
    )
    assert kind().diff("id", found.outs, inputs(kind)).changes is True
    wanted = json.loads(inputs(kind)["body"])
    cluster.answers[GONE[kind]] = [{"jina-embeddings": one} for one in (edited, wanted)]
    kind().update("id", found.outs, inputs(kind))
    assert cluster.written == ["PUT /_ingest/pipeline/jina-embeddings"]


@pytest.mark.parametrize(
    ("named", "made", "state"),
    [
        ({"i-1": build_index(WANTED)}, {}, "in place"),
        ({"x": {"mappings": {}}}, {"jina-demo-1": build_index(WANTED)}, "moved"),
        ({}, {"jina-demo-1": build_index(WANTED)}, "moved"),
        ({"x": {"mappings": {}}}, {}, "of another index"),
    ],
)
def test_an_index_is_read_where_its_alias_points_to(
    named: dict[str, Any], made: dict[str, Any], state: str, cluster: RecordedCluster
) -> None:
    cluster.answers |= {"GET /jina-demo": named or missing(), "GET /jina-demo-*": made}
    scanned(cluster, *named, *made)
    for index in (*named, *made):
        cluster.answers |= {f"GET /{index}/_count": {"count": 0}, f"POST /{index}/_mget": {"docs": []}}
    found = IndexProvider().read("id", outputs(IndexProvider))
    assert found.outs is not None
    assert found.outs["alias_state"] == state
    changed = IndexProvider().diff("id", found.outs, inputs(IndexProvider)).changes
    assert changed is (state != "in place")


def scanned(cluster: RecordedCluster, *indices: str, hits: Sequence[dict[str, Any]] = ()) -> None:
    """Have these documents be found where somebody looks for those whose embedding is not of their text."""
    cluster.answers["POST /_search"] = {"hits": {"hits": hits}}
    for index in indices:
        cluster.answers |= {f"GET /{index}": {index: build_index(WANTED)}, f"POST /{index}/_pit": {"id": "p"}}


def test_a_refresh_counts_stale_documents_and_prints_the_command_that_mends(
    cluster: RecordedCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    held(cluster, 3)
    hit = {"_id": "a", "_seq_no": 1, "_primary_term": 1, "_source": {"content": "text"}, "sort": [1, 1]}
    embedded = {**hit, "matched_queries": ["content_embedding"]}
    other = {**embedded, "_source": {"content": "text", "content_digest": digest_of("another")}}
    right = {**embedded, "_source": {"content": "text", "content_digest": digest_of("text")}}
    scanned(cluster, "i-1", hits=[hit, embedded, other, right])
    found = IndexProvider().read("id", outputs(IndexProvider)).outs
    assert found is not None
    assert (found["stale_documents"], found["unembedded_documents"]) == (2, 1)
    told = capsys.readouterr().out
    assert "1 with an embedding of another text than theirs" in told
    assert "python -m jinactl mend" in told
    assert IndexProvider().diff("id", found, inputs(IndexProvider)).changes is False
    scanned(cluster, "i-1", hits=[right])
    again = IndexProvider().read("id", found).outs
    assert again is not None
    assert (again["stale_documents"], capsys.readouterr().out) == (0, "")


def held(cluster: RecordedCluster, count: int, **others: int) -> None:
    """Have the cluster hold `count` documents in the index, and others in other indices."""
    cluster.answers |= {
        "GET /jina-demo": {"i-1": build_index(WANTED)},
        "GET /i-1/_count": {"count": count},
        "POST /i-1/_mget": {"docs": []},
        "GET /_resolve/index/*": {"indices": [{"name": name} for name in ("i-1", ".security-7", *others)]},
    }
    cluster.answers |= {f"GET /{name}/_count": {"count": number} for name, number in others.items()}


@pytest.mark.parametrize(
    ("scope", "count", "others", "told"),
    [
        ("index", 2, {}, "Index jina-demo holds 2 documents"),
        ("node", 1, {}, "node holds 1 document "),
        ("node", 0, {"mine": 3}, "3 in mine"),
    ],
)
def test_the_guard_refuses_and_names_the_commands_that_allow_it(
    scope: str, count: int, others: dict[str, int], told: str, cluster: RecordedCluster
) -> None:
    held(cluster, count, **others)
    with pytest.raises(DocumentsAtRiskError, match=told) as raised:
        DeletionGuardProvider().delete("id", outputs(DeletionGuardProvider, scope=scope))
    command = "pulumi config set elasticsearchDeleteData jina-demo && pulumi up && pulumi destroy"
    assert command in str(raised.value)


@pytest.mark.parametrize(("scope", "others"), [("index", {"mine": 3}), ("node", {"empty": 0})])
def test_the_guard_agrees_when_nothing_would_be_lost(
    scope: str, others: dict[str, int], cluster: RecordedCluster
) -> None:
    held(cluster, 0, **others)
    DeletionGuardProvider().delete("id", outputs(DeletionGuardProvider, scope=scope))
    assert not [shown for shown in cluster.written if shown.startswith("DELETE")]


def test_the_guard_agrees_without_a_request_when_documents_were_given_up(cluster: RecordedCluster) -> None:
    for scope in ("index", "node"):
        given_up = outputs(DeletionGuardProvider, scope=scope, delete_data="jina-demo")
        DeletionGuardProvider().delete("id", given_up)
    assert cluster.asked == []


UNANSWERED = UnreachableError("Nothing answers at http://es.test:9200.")
REFUSED = CredentialsError("Elasticsearch at http://es.test:9200 does not accept user elastic (401).")
IN_CLUSTER = [kind for kind in PROVIDERS if kind is not DeletionGuardProvider]
NAMES = {
    InferenceEndpointProvider: "Inference endpoint jina-local",
    IngestPipelineProvider: "Ingest pipeline jina-embeddings",
    IndexProvider: "Index jina-demo",
    DemoDocumentsProvider: "The demo documents in jina-demo",
}


@pytest.fixture
def waited_for(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Return the clusters that were waited for in vain: none."""
    silent: dict[str, float] = {}
    monkeypatch.setattr(presence, "_asked_once_until", silent)
    return silent


@pytest.mark.parametrize("error", [UNANSWERED, REFUSED, UnavailableError("503")])
@pytest.mark.parametrize("managed", [True, False])
def test_the_guard_says_what_to_do_when_it_cannot_see_the_documents(
    error: ElasticsearchError, managed: bool, cluster: RecordedCluster
) -> None:
    cluster.answers |= {"GET /": error, "GET /jina-demo": error}
    guarded = outputs(DeletionGuardProvider, managed=managed)
    with pytest.raises(type(error), match=r"nothing was deleted.*elasticsearchDeleteData") as raised:
        DeletionGuardProvider().delete("id", guarded)
    assert str(error) in str(raised.value)
    assert DeletionGuardProvider().read("id", guarded).id == "id"


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize(
    ("managed", "error", "told"),
    [
        (
            True,
            UNANSWERED,
            "was left to go with the stack's node at http://es.test:9200, which does not answer.",
        ),
        (
            True,
            REFUSED,
            "was left to go with the stack's node at http://es.test:9200, which answers nothing of use.",
        ),
        (False, UNANSWERED, "remains at http://es.test:9200, which does not answer."),
        # As 0.1.0 wrote it.
        (None, UNANSWERED, "remains at http://es.test:9200, which does not answer."),
    ],
    ids=["gone node", "node with another password", "gone cluster", "gone cluster, state of 0.1.0"],
)
def test_what_lives_in_a_cluster_that_is_gone_is_left_with_a_line(
    kind: type[ClusterProvider],
    managed: bool | None,
    error: ElasticsearchError,
    told: str,
    cluster: RecordedCluster,
    waited_for: dict[str, float],
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster.answers = dict.fromkeys(("GET /", *GONE.values(), "GET /_ingest/pipeline"), error)
    kind().delete("id", outputs(kind, **({} if managed is None else {"managed": managed})))
    assert capsys.readouterr().out == f"{NAMES[kind]} {told}\n"
    assert cluster.written == []
    assert list(waited_for) == ([] if error is REFUSED else ["http://es.test:9200"])


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("error", [REFUSED, UnavailableError("503"), TlsError("expired")])
def test_a_cluster_of_others_that_is_there_is_not_left_in_silence(
    kind: type[ClusterProvider],
    error: ElasticsearchError,
    cluster: RecordedCluster,
    waited_for: dict[str, float],
) -> None:
    del waited_for
    cluster.answers = dict.fromkeys(("GET /", *GONE.values(), "GET /_ingest/pipeline"), error)
    with pytest.raises(type(error)):
        kind().delete("id", outputs(kind, managed=False))


@pytest.mark.parametrize("kind", IN_CLUSTER)
def test_what_lives_in_a_node_that_is_gone_is_gone(
    kind: type[ClusterProvider],
    cluster: RecordedCluster,
    waited_for: dict[str, float],
    capsys: pytest.CaptureFixture[str],
) -> None:
    del waited_for
    cluster.answers["GET /"] = UNANSWERED
    found = kind().read("id", outputs(kind, managed=True))
    assert (found.id, found.outs) == ("", {})
    assert "the stack's node does not answer, so it counts as gone" in capsys.readouterr().out


@pytest.mark.parametrize("kind", IN_CLUSTER)
@pytest.mark.parametrize("managed", [False, None])
def test_what_lives_in_another_cluster_that_does_not_answer_counts_as_unchanged(
    kind: type[ClusterProvider],
    managed: bool | None,
    cluster: RecordedCluster,
    waited_for: dict[str, float],
    capsys: pytest.CaptureFixture[str],
) -> None:
    del waited_for
    cluster.answers["GET /"] = UNANSWERED
    known = outputs(kind, **({} if managed is None else {"managed": managed}))
    found = kind().read("id", known)
    assert found.id == "id"
    assert found.outs == {key: value for key, value in known.items() if key != "__provider"}
    assert kind().diff("id", found.outs, known).changes is False
    assert "counts as unchanged. Nothing answers" in capsys.readouterr().out


def test_a_cluster_is_waited_for_once_and_not_for_each_thing_in_it(waited_for: dict[str, float]) -> None:
    patience = Patience(unavailable=9, unreachable=8)
    with suppress(UnreachableError), presence.patient("http://a", patience) as first:
        assert first == patience
        raise UNANSWERED
    with presence.patient("http://b", patience) as other:
        assert other == patience
    with presence.patient("http://a", patience) as second:
        assert (second.unavailable, second.unreachable) == (0, 0)
    # It answered.
    with presence.patient("http://a", patience) as third:
        assert third == patience
    assert waited_for == {}


def test_an_index_with_documents_is_not_deleted(cluster: RecordedCluster) -> None:
    held(cluster, 2)
    with pytest.raises(DocumentsAtRiskError):
        IndexProvider().delete("id", outputs(IndexProvider))
    assert "DELETE /i-1" not in cluster.written
    IndexProvider().delete("id", outputs(IndexProvider, delete_data="jina-demo"))
    assert "DELETE /i-1" in cluster.written


def test_another_name_of_the_index_leaves_the_old_one_with_peoples_documents(
    cluster: RecordedCluster, capsys: pytest.CaptureFixture[str]
) -> None:
    held(cluster, 2)
    made = {"other-768-f16-59cfacee-1": build_index(replace(WANTED, alias="other"))}
    cluster.answers["GET /other"] = [missing(), made]
    scanned(cluster, "other-768-f16-59cfacee-1")
    outs = IndexProvider().update("id", outputs(IndexProvider), inputs(IndexProvider, alias="other")).outs
    assert outs is not None
    assert outs["concrete_index"] == "other-768-f16-59cfacee-1"
    assert [shown for shown in cluster.written if shown.startswith("DELETE")] == ["DELETE /_pit"]
    assert "jina-demo is kept" in capsys.readouterr().out


def test_providers_hold_no_state() -> None:
    for provider in (*(kind() for kind in PROVIDERS), PasswordProvider()):
        assert vars(provider) == {}
        assert provider.serialize_as_secret_always is False


def test_a_password_is_made_once_and_stays() -> None:
    made = PasswordProvider().create({"schema_version": "1", "__provider": "pickled"})
    assert made.outs is not None
    assert len(made.outs["password"]) == 32
    assert made.outs["password"] != (PasswordProvider().create({}).outs or {})["password"]
    assert PasswordProvider().diff("id", made.outs, {"password": UNKNOWN}).changes is False
    assert PasswordProvider().read("id", made.outs).outs == made.outs


def test_previews_do_not_load_the_elasticsearch_client() -> None:
    program = "import sys, components.elasticsearch.component; print('elasticsearch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
