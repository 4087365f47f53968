"""A server in a cluster can always tell its health, whoever asks for embeddings; without its GPU it is not well."""

from typing import Any

import pytest

from components.kubernetes.gateway_pod import at_once
from components.server.container import HOLDS_GPU, OTHER_THREADS
from tests.unit.declared import shown
from tests.unit.kubernetes.stack import REGISTRY, SERVERS, container, variables
from tests.unit.project import stack_settings


@pytest.mark.parametrize(
    ("changes", "gateways", "asked"),
    [
        ({}, 2, 16),
        ({"kubernetesReplicas": 3}, 2, 48),
        ({"kubernetesMaxReplicas": 10, "kubernetesGatewayMaxReplicas": 5}, 5, 49),
        ({"kubernetesQueryMaxReplicas": 40}, 2, 124),
        ({"kubernetesGatewayReplicas": 1000}, 1000, 1),
    ],
    ids=shown,
)
def test_all_gateways_at_once_leave_the_only_server_threads_for_its_health(
    changes: dict[str, Any], gateways: int, asked: int
) -> None:
    made = at_once(stack_settings("k8s", imageRegistry=REGISTRY, **changes))
    assert made == asked
    if gateways < 1000:
        for server in SERVERS:
            threads = int(variables(container(server, **changes))["LLAMA_ARG_THREADS_HTTP"])
            assert threads >= 2 * gateways * made + OTHER_THREADS


def test_the_gateway_is_told_what_it_may_ask_at_once() -> None:
    assert variables(container("gateway", kubernetesReplicas=3))["GATEWAY_AT_ONCE"] == "48"


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_that_lost_its_gpu_is_started_anew(server: str) -> None:
    probe = container(server, device="cuda")["livenessProbe"]
    bash, flag, commands = probe["exec"]["command"]
    assert (bash, flag) == ("bash", "-c")
    assert "GET /health" in commands
    assert HOLDS_GPU in commands
    # Bash itself ends the wait, and says so.
    assert probe["timeoutSeconds"] > 8
    assert "exec" not in container(server)["livenessProbe"]
