"""The container of the node: what survives its end, and what it needs to run."""

from typing import Any

import pytest
from docker.client import DockerClient
from docker.errors import ContainerError

from tests.fixtures.elasticsearch_node import Node, start_node
from tests.fixtures.embedding_server import EmbeddingServer

pytestmark = pytest.mark.sandbox

HEALTHCHECK = (
    "exec 3<>/dev/tcp/127.0.0.1/9200 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && "
    "read -r _ status _ <&3 && [[ $status == 200 || $status == 401 ]]"
)
"""A healthcheck without curl: the node answers HTTP, and asks for credentials."""


def _settle(node: Node, model: EmbeddingServer) -> dict[str, Any]:
    """Create one thing of each kind and return what they look like."""
    settings = {"api_key": "secret", "model_id": "double", "url": model.container_url}
    node.send("PUT", "/_inference/text_embedding/kept", {"service": "openai", "service_settings": settings})
    step = {"model_id": "kept", "input_output": {"input_field": "content", "output_field": "vector"}}
    node.send("PUT", "/_ingest/pipeline/kept", {"processors": [{"inference": step}]})
    node.send("PUT", "/kept", {"settings": {"number_of_replicas": 0, "default_pipeline": "kept"}})
    node.send("PUT", "/kept/_doc/1", {"content": "text"})
    return _seen(node)


def _seen(node: Node) -> dict[str, Any]:
    paths = ("/_inference", "/_ingest/pipeline/kept", "/kept/_mapping", "/_license")
    seen = {path: node.send("GET", path).json() for path in paths}
    seen["document"] = node.send("GET", "/kept/_doc/1?_source_exclude_vectors=false").json()["_source"]
    return seen


def test_everything_survives_a_stop_and_a_kill(node: Node, model: EmbeddingServer) -> None:
    before = _settle(node, model)
    assert len(before["document"]["vector"]) == model.width
    key = node.send("POST", "/_security/api_key", {"name": "kept"}).json()["encoded"]
    for end in (node.kill, node.stop):
        end()
        node.start()
        assert _seen(node) == before
        with node.client(basic_auth=None, api_key=key) as client:
            assert client.info()["version"]["number"] == "9.5.3"


def test_the_healthcheck_without_curl_sees_a_healthy_node(elasticsearch_node: Node) -> None:
    code, output = elasticsearch_node.container.exec_run(["bash", "-c", HEALTHCHECK])
    assert (code, output) == (0, b"")


def test_the_node_runs_as_the_user_of_the_official_image(elasticsearch_node: Node) -> None:
    assert elasticsearch_node.container.exec_run("id -u").output.strip() == b"1000"
    assert elasticsearch_node.container.exec_run("id -g").output.strip() == b"0"


def test_the_image_tells_its_version_as_the_official_one_does(elasticsearch_node: Node) -> None:
    labels = elasticsearch_node.container.image.labels
    version = elasticsearch_node.send("GET", "/").json()["version"]["number"]
    assert labels["org.opencontainers.image.version"] == version
    assert labels["org.label-schema.version"] == version


def test_a_changed_password_in_the_environment_does_not_change_the_stored_one(node: Node) -> None:
    code, _ = node.container.exec_run("test -s /usr/share/elasticsearch/data/stand-in-state.json")
    assert code == 0
    mode = node.container.exec_run("stat -c %a /usr/share/elasticsearch/data/stand-in-state.json").output
    assert mode.strip() == b"600"
    assert (
        node.password.encode()
        not in node.container.exec_run("cat /usr/share/elasticsearch/data/stand-in-state.json").output
    )


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"xpack.security.enabeld": "true"}, "unknown setting [xpack.security.enabeld]"),
        ({"discovery.type": "multi-node"}, "single nodes only"),
    ],
)
def test_a_faulty_setting_ends_the_node(
    elasticsearch_image: str, settings: dict[str, str], told: str
) -> None:
    with pytest.raises(AssertionError) as caught, start_node(image=elasticsearch_image, settings=settings):
        pass
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["ELASTIC_PASSWORD_FILE=/nowhere"], "/nowhere from ELASTIC_PASSWORD_FILE does not exist"),
        (["ELASTIC_PASSWORD_FILE=/etc/hostname"], "must have file permissions 400 or 600"),
        (["ELASTIC_PASSWORD_FILE=/etc/hostname", "ELASTIC_PASSWORD=word"], "mutually exclusive"),
    ],
)
def test_a_password_file_is_refused_as_the_official_image_refuses_it(
    elasticsearch_image: str, given: list[str], says: str
) -> None:
    with pytest.raises(ContainerError, match=says):
        DockerClient.from_env().containers.run(elasticsearch_image, environment=given, remove=True)
