"""What is said of a node that ends in a cluster names nothing of Docker's."""

import pytest

from components.engine.container import State
from components.kubernetes.elasticsearch.ending import _ADVICE, NODE_IN_CLUSTER
from components.startup.ending import KILLED, advice
from components.startup.node import NODE

ENDED = State("exited", 1, out_of_memory=False, restarts=0)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("java.io.IOException: No space left on device", "raise kubernetesElasticsearchStorage"),
        ("ERROR: File x from ELASTIC_PASSWORD_FILE must have file permissions 400 or 600", "delete the pod"),
        ("java.nio.file.AccessDeniedException: /usr/share/elasticsearch/data/x", "fsGroup 1000"),
        ("failed to obtain node locks, tried [/usr/share/elasticsearch/data]", "Another pod uses the same"),
        ("max virtual memory areas vm.max_map_count [65530] is too low", "cluster's node allows too few"),
        ("java.lang.OutOfMemoryError: Java heap space", "raise elasticsearchMemory"),
        ("cannot downgrade a node from version [9.5.3] to version [9.5.2]", "set elasticsearchImage"),
    ],
)
def test_the_advice_is_for_a_cluster(line: str, says: str) -> None:
    told = advice(NODE_IN_CLUSTER, ENDED, [line])
    assert says in told


def test_no_advice_leads_to_docker() -> None:
    said = [text for _, text in NODE_IN_CLUSTER.advice] + list(NODE_IN_CLUSTER.by_exit_code.values())
    assert [text for text in said if "docker" in text.lower()] == []
    killed = State("exited", KILLED, out_of_memory=True, restarts=0)
    assert "engine" not in advice(NODE_IN_CLUSTER, killed, [])


def test_each_advice_takes_the_place_of_one_for_containers() -> None:
    """Otherwise the words of another pattern, which was changed there, would be found first."""
    assert {pattern for pattern, _ in _ADVICE} <= {pattern for pattern, _ in NODE.advice}
