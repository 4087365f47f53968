"""The node's container: exactly this."""

import pytest

from tests.unit.declared import one
from tests.unit.elasticsearch.stack import CONTAINER, stack


def test_the_node_has_security_a_trial_license_and_its_heap() -> None:
    declared = one(stack(elasticsearchHeap=512, elasticsearchMemory=2048), CONTAINER)
    environment = dict(entry.split("=", 1) for entry in declared.inputs["envs"])
    assert environment == {
        "ELASTIC_PASSWORD_FILE": "/run/secrets/stack/said by elasticsearch-password-file",
        "discovery.type": "single-node",
        "path.repo": "/usr/share/elasticsearch/backups",
        "xpack.security.enabled": "true",
        "xpack.security.http.ssl.enabled": "false",
        "xpack.license.self_generated.type": "trial",
        "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
        "cluster.routing.allocation.disk.watermark.low": "1gb",
        "cluster.routing.allocation.disk.watermark.high": "1gb",
        "cluster.routing.allocation.disk.watermark.flood_stage": "1gb",
    }
    assert declared.secrets == set()
    assert declared.inputs["memory"] == 2048


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "jina-search-test-elasticsearch"),
        ("user", "1000:0"),
        ("ports", [{"internal": 9200, "external": 9201, "ip": "127.0.0.1"}]),
        (
            "mounts",
            [
                {
                    "type": "volume",
                    "source": "jina-search-test-0a1b2c-elasticsearch-data",
                    "target": "/usr/share/elasticsearch/data",
                },
                {
                    "type": "volume",
                    "source": "jina-search-test-0a1b2c-elasticsearch-backups",
                    "target": "/usr/share/elasticsearch/backups",
                },
                {
                    "type": "volume",
                    "source": "jina-search-test-elasticsearch-password",
                    "target": "/run/secrets/stack",
                    "readOnly": True,
                },
            ],
        ),
        ("networkMode", "bridge"),
        ("networksAdvanced", [{"name": "jina-search-test", "aliases": ["elasticsearch"]}]),
        ("hosts", [{"host": "host.docker.internal", "ip": "host-gateway"}]),
        ("capabilities", {"drops": ["ALL"]}),
        ("securityOpts", ["no-new-privileges"]),
        ("restart", "unless-stopped"),
        ("mustRun", True),
        ("wait", False),
        ("destroyGraceSeconds", 60),
        ("logDriver", "json-file"),
        ("logOpts", {"max-size": "10m", "max-file": "3"}),
    ],
)
def test_the_nodes_container_is_exactly_this(key: str, value: object) -> None:
    assert one(stack(elasticsearchPort=9201), CONTAINER).inputs[key] == value


def test_the_node_is_ready_when_it_answers_or_asks_who_asks() -> None:
    health = one(stack(), CONTAINER).inputs["healthcheck"]
    assert health["tests"][:3] == ["CMD", "bash", "-c"]
    for part in ("/dev/tcp/127.0.0.1/9200", "' 200 '", "' 401 '"):
        assert part in health["tests"][3]
    assert health["startPeriod"] == "3m0s"


def test_the_image_is_kept_and_the_container_runs_what_was_pulled() -> None:
    declared = stack(elasticsearchImage="elasticsearch:9.9.9")
    image = one(declared, "docker:index/remoteImage:RemoteImage")
    assert image.inputs == {"name": "elasticsearch:9.9.9", "keepLocally": True}
    assert one(declared, CONTAINER).inputs["image"].startswith("sha256:pulled-")
