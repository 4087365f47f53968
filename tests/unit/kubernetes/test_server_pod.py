"""The pods of a lane's servers: what runs in them, when they are ready, how they end, and where they run."""

from typing import Any

import pytest

from components.kubernetes.resources import server_resources
from components.settings.lanes import lanes
from tests.unit.declared import Declared, one, shown
from tests.unit.kubernetes.stack import LANES, REGISTRY, SERVERS, container, found, pod, variables
from tests.unit.project import stack_settings
from tests.unit.server.declared_server import CONTAINER, declare_server
from tests.unit.server.declared_server import SERVERS as DOCKER_SERVERS

KEY = {"serverApiKey": "a-key"}
KEY_FILE = "/run/secrets/jina-search/key"

SETTINGS: list[dict[str, Any]] = [
    {},
    {"quant": "Q8_0", "serverContextSize": 4096, "serverFlashAttention": "off"},
    {"serverThreads": 3, "serverParallel": 2, "serverQueryParallel": 3, "serverQueryContextSize": 1024},
    {"serverCpus": "2", "serverExtraArguments": ["LLAMA_ARG_LOG_TIMESTAMPS=1"], "modelName": "another"},
    {"serverGpuLayers": 12},
    {"serverOnednn": "f32"},
    KEY,
]


def docker_variables(stack: str, lane: str, changes: dict[str, Any]) -> set[str]:
    made: Declared = one(declare_server(stack, changes), CONTAINER, f"{DOCKER_SERVERS}-{lane}")
    return set(made.inputs["envs"])


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("changes", SETTINGS, ids=shown)
def test_a_server_gets_the_variables_that_it_gets_on_docker(
    changes: dict[str, Any], device: str, lane: str
) -> None:
    if ("serverGpuLayers" if device == "cpu" else "serverOnednn") in changes:
        pytest.skip("refused on this device")
    here = variables(container(f"llama-server-{lane}", device=device, **changes))
    on_docker = docker_variables("cpu" if device == "cpu" else "gpu", lane, changes)
    # Of these it needs more where several gateways ask it; see test_server_health.
    (threads,) = [one_ for one_ in on_docker if one_.startswith("LLAMA_ARG_THREADS_HTTP=")]
    assert int(here.pop("LLAMA_ARG_THREADS_HTTP")) > int(threads.partition("=")[2])
    assert {f"{name}={value}" for name, value in here.items()} == on_docker - {threads}


@pytest.mark.parametrize("server", SERVERS)
def test_the_image_is_the_pushed_one(server: str) -> None:
    assert container(server)["image"] == "said by llama-server-push"
    assert pod(server)["initContainers"][0]["image"] == "said by gateway-push"
    prebuilt = {"imagePrebuilt": "there.test/server:1", "gatewayImagePrebuilt": "there.test/gateway:1"}
    assert container(server, **prebuilt)["image"] == "there.test/server:1"
    assert pod(server, **prebuilt)["initContainers"][0]["image"] == "there.test/gateway:1"


@pytest.mark.parametrize("server", SERVERS)
def test_without_a_key_there_is_no_secret(server: str) -> None:
    assert "args" not in container(server)
    assert not [one_ for one_ in pod(server)["volumes"] if "secret" in one_]


@pytest.mark.parametrize("server", SERVERS)
def test_the_key_is_in_a_file_of_a_secret(server: str) -> None:
    assert container(server, **KEY)["args"] == ["--api-key-file", KEY_FILE]
    (volume,) = [one_ for one_ in pod(server, **KEY)["volumes"] if "secret" in one_]
    assert volume["secret"] == {
        "secretName": "llama-server-key-1234567",
        "defaultMode": 0o440,
        "items": [{"key": "key", "path": "key"}],
    }
    (mounted,) = [one_ for one_ in container(server, **KEY)["volumeMounts"] if one_["name"] == volume["name"]]
    assert mounted["mountPath"] == KEY_FILE.rpartition("/")[0]
    assert mounted["readOnly"] is True


@pytest.mark.parametrize(("changes", "key"), [({}, []), (KEY, [KEY_FILE])], ids=shown)
@pytest.mark.parametrize("server", SERVERS)
def test_a_server_is_started_once_an_embedding_is_right(
    server: str, changes: dict[str, Any], key: list[str]
) -> None:
    probe = container(server, **changes)["startupProbe"]
    assert probe["exec"]["command"] == ["/usr/local/bin/startup-check", "768", *key]
    # As long as a model may take to be loaded.
    assert probe["failureThreshold"] * probe["periodSeconds"] == 600


def test_the_startup_asks_for_as_many_numbers_as_the_model_has() -> None:
    made = container(SERVERS[0], modelDimensions=512, dims=256)
    assert made["startupProbe"]["exec"]["command"][1] == "512"


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_that_works_is_neither_asked_for_embeddings_nor_killed_while_it_is_slow(server: str) -> None:
    made = container(server)
    for kind in ("readinessProbe", "livenessProbe"):
        assert made[kind]["httpGet"] == {"path": "/health", "port": 8080}
    ready, alive = made["readinessProbe"], made["livenessProbe"]
    assert ready["failureThreshold"] * ready["periodSeconds"] == 10
    assert alive["failureThreshold"] * alive["periodSeconds"] == 60
    assert alive["timeoutSeconds"] >= ready["timeoutSeconds"] >= 4


@pytest.mark.parametrize(("changes", "key"), [({}, []), (KEY, [KEY_FILE])], ids=shown)
def test_a_server_that_ends_first_answers_what_it_has(changes: dict[str, Any], key: list[str]) -> None:
    command = container(SERVERS[0], **changes)["lifecycle"]["preStop"]["exec"]["command"]
    path, pause, within, *given = command
    assert (path, given) == ("/usr/local/bin/drain", key)
    assert pod(SERVERS[0], **changes)["terminationGracePeriodSeconds"] > int(pause) + int(within)
    # The gateways take a second or two to learn of it.
    assert int(pause) >= 5
    assert int(within) >= 300


@pytest.mark.parametrize("server", SERVERS)
def test_the_server_reads_the_model_and_writes_to_memory_alone(server: str) -> None:
    volumes = {one_["name"]: one_ for one_ in pod(server)["volumes"]}
    mounts = {one_["mountPath"]: one_ for one_ in container(server)["volumeMounts"]}
    assert set(mounts) == {"/models", "/tmp"}
    assert mounts["/models"]["readOnly"] is True
    assert volumes[mounts["/tmp"]["name"]]["emptyDir"] == {"medium": "Memory", "sizeLimit": "64Mi"}
    model = variables(container(server))["LLAMA_ARG_MODEL"]
    assert model == "/models/v5-nano-retrieval-F16.gguf"


PLACES: list[tuple[dict[str, Any], str, Any]] = [
    ({}, "nodeSelector", None),
    ({"kubernetesNodeSelector": ["disk=fast", "zone="]}, "nodeSelector", {"disk": "fast", "zone": ""}),
    ({}, "runtimeClassName", None),
    ({"kubernetesRuntimeClass": "nvidia"}, "runtimeClassName", "nvidia"),
    ({}, "imagePullSecrets", None),
    ({"imagePullSecrets": ["one", "two"]}, "imagePullSecrets", [{"name": "one"}, {"name": "two"}]),
]


@pytest.mark.parametrize(("changes", "field", "value"), PLACES, ids=shown)
@pytest.mark.parametrize("server", SERVERS)
def test_a_server_runs_where_the_settings_say(
    server: str, changes: dict[str, Any], field: str, value: Any
) -> None:
    assert pod(server, **changes).get(field) == value


DEAD = [
    {
        "key": f"node.kubernetes.io/{state}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 10,
    }
    for state in ("not-ready", "unreachable")
]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ([], []),
        (
            ["nvidia.com/gpu=present:NoSchedule"],
            [{"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"}],
        ),
        (["gpu:NoExecute"], [{"key": "gpu", "operator": "Exists", "effect": "NoExecute"}]),
        (["gpu=:NoSchedule"], [{"key": "gpu", "operator": "Equal", "value": "", "effect": "NoSchedule"}]),
    ],
    ids=shown,
)
@pytest.mark.parametrize("server", SERVERS)
def test_a_server_stands_taints_that_are_set_and_leaves_a_dead_node_soon(
    server: str, written: list[str], read: list[dict[str, str]]
) -> None:
    assert pod(server, kubernetesTolerations=written)["tolerations"] == [*DEAD, *read]


@pytest.mark.parametrize("name", [*SERVERS, "gateway"])
def test_pods_spread_over_nodes_and_still_run_where_they_can_not(name: str) -> None:
    (spread,) = pod(name)["topologySpreadConstraints"]
    assert spread == {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": found("Deployment", name)["spec"]["selector"],
    }


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("changes", [{}, {"serverMemory": 8192}, {"device": "cuda"}], ids=shown)
def test_a_server_has_the_resources_of_its_lane(changes: dict[str, Any], lane: str) -> None:
    settings = stack_settings("k8s", imageRegistry=REGISTRY, **changes)
    (lane_,) = [one_ for one_ in lanes(settings.server) if one_.name == lane]
    made = container(f"llama-server-{lane}", **changes)
    assert made["resources"] == server_resources(settings, lane_)
