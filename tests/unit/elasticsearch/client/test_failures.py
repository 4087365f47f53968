"""failures: what a request that got no answer is told as."""

from dataclasses import replace

import pytest
from elastic_transport import ConnectionError as TransportConnectionError

from components.elasticsearch.client.connection import Connection
from components.elasticsearch.client.failures import refusal, transport_failure
from tests.unit.elasticsearch.recording import CONNECTION


def test_a_refused_connection_is_told_without_the_librarys_own_names() -> None:
    reason = (
        "HTTPConnection(host='es.test', port=9200): Failed to establish a new connection: Connection refused"
    )
    told = str(transport_failure(CONNECTION, TransportConnectionError(reason)))
    assert "HTTPConnection" not in told
    assert ": Failed to establish a new connection: Connection refused. Check elasticsearchUrl" in told


IN_CLUSTER = replace(CONNECTION, url="kubectl://a%20b@search/elasticsearch:9200", managed=True)


@pytest.mark.parametrize(
    ("connection", "way", "other"),
    [
        (replace(CONNECTION, managed=True), "`docker ps` names the container", "kubectl"),
        (
            IN_CLUSTER,
            "`kubectl --context 'a b' --namespace search exec service/elasticsearch -- "
            "bin/elasticsearch-reset-password",
            "docker",
        ),
    ],
    ids=["docker", "kubernetes"],
)
def test_the_way_back_in_is_that_of_where_the_node_runs(connection: Connection, way: str, other: str) -> None:
    body = {"error": {"type": "security_exception", "reason": "unable to authenticate"}}
    told = str(refusal(replace(connection, api_key="", user="elastic"), "GET /", 401, body))
    assert way in told
    assert other not in told


def test_a_node_in_a_cluster_that_does_not_answer_is_looked_for_there() -> None:
    told = str(transport_failure(IN_CLUSTER, TransportConnectionError("refused")))
    assert "`kubectl --context 'a b' --namespace search get pods`" in told
    assert "docker" not in told
