"""failures: what a request that got no answer is told as."""

from elastic_transport import ConnectionError as TransportConnectionError

from components.elasticsearch.client.failures import transport_failure
from tests.unit.elasticsearch.recording import CONNECTION


def test_a_refused_connection_is_told_without_the_librarys_own_names() -> None:
    reason = (
        "HTTPConnection(host='es.test', port=9200): Failed to establish a new connection: Connection refused"
    )
    told = str(transport_failure(CONNECTION, TransportConnectionError(reason)))
    assert "HTTPConnection" not in told
    assert ": Failed to establish a new connection: Connection refused. Check elasticsearchUrl" in told
