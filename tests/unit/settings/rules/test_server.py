"""Server settings that do not go together are refused before anything starts, with the reason."""

import pytest

from components.settings import SettingsError
from components.settings.rules.image import cuda_version
from components.settings.rules.lanes import TWO_LANES_ALONE
from components.settings.rules.server import DEFAULT_GPU_LAYERS, DEFAULT_GPUS, DEFAULT_ONEDNN
from tests.unit.project import config_schema, stack_settings

SMALL = {"serverContextSize": 512, "serverBatchSize": 512, "serverUbatchSize": 512}
MEAN = {"modelPooling": "mean"}
ALONE = {"serverLanes": 1}
RUNTIME = "nvidia/cuda:12.8.1-runtime-ubuntu24.04"

REFUSED = [
    ("cpu", {"serverUbatchSize": 512}, "serverUbatchSize is 512 and serverContextSize 8192", "HTTP 500"),
    ("cpu", {"serverBatchSize": 512}, "serverBatchSize is 512 and serverUbatchSize 8192", "logical"),
    ("cpu", {"modelContextSize": 512}, "serverContextSize is 8192 and modelContextSize 512", "trained"),
    ("cpu", {"serverCpus": "0"}, "serverCpus is 0", "leave it empty"),
    ("cpu", {"serverCpus": "2", "serverThreads": 8}, "serverThreads is 8 and serverCpus 2", "slower"),
    ("cpu", {"serverCpus": "1.5", "serverThreads": 2}, "serverThreads is 2 and serverCpus 1.5", "slower"),
    ("cpu", {"serverParallel": 3, **MEAN}, "serverParallel is 3 and modelPooling mean", "to 2 or 4"),
    ("cpu", {"serverParallel": 5, **MEAN}, "serverParallel is 5 and modelPooling mean", "8192 tokens"),
    ("cpu", {"serverParallel": 6, **MEAN}, "serverParallel is 6 and modelPooling mean", "to 4 or 8"),
    (
        "cpu",
        {"serverQueryParallel": 3, **MEAN},
        "serverQueryParallel is 3 and modelPooling mean",
        "2048 tokens",
    ),
    (
        "cpu",
        {"serverQueryContextSize": 300, "serverQueryParallel": 7, **MEAN},
        "serverQueryParallel is 7",
        "to 5 or 6",
    ),
    (
        "cpu",
        {"serverCpus": "2", "serverQueryThreads": 8},
        "serverQueryThreads is 8 and serverCpus 2",
        "slower",
    ),
    (
        "cpu",
        {**ALONE, "serverQueryContextSize": 64},
        "serverQueryContextSize is 64, but serverLanes is 1",
        "to 2",
    ),
    (
        "cpu",
        {**ALONE, "serverQueryParallel": 2},
        "serverQueryParallel is 2, but serverLanes is 1",
        "config rm",
    ),
    ("cpu", {**ALONE, "serverQueryThreads": 2}, "serverQueryThreads is 2, but serverLanes is 1", "config rm"),
    ("cpu", {**ALONE, "serverQueryShares": 2}, "serverQueryShares is 2, but serverLanes is 1", "config rm"),
    ("cpu", {**ALONE, "serverDocumentShares": 2}, "serverDocumentShares is 2, but serverLanes is 1", "rm"),
    ("cpu", {"serverLanes": 3}, 'serverLanes is "3"', "from 1 to 2"),
    ("cpu", {"serverQueryShares": 1}, 'serverQueryShares is "1"', "from 2 to 262144"),
    (
        "cpu",
        {"serverCorsOrigins": ["https://a.example/"]},
        "serverCorsOrigins has https://a.example/:",
        "path",
    ),
    (
        "cpu",
        {"serverCorsOrigins": ["a.example", "*"]},
        "serverCorsOrigins has a.example:",
        "browsers send it",
    ),
    (
        "cpu",
        {"serverCorsOrigins": ["https://a,https://b"]},
        "serverCorsOrigins has https://a,",
        "each must be",
    ),
    # The server makes 768 out of 700, and the batch is what both have.
    (
        "cpu",
        {"serverContextSize": 700, "serverUbatchSize": 701, "serverBatchSize": 701, **MEAN},
        "serverParallel is 4",
        "701 tokens",
    ),
    ("cpu", {"serverApiKey": "one,two"}, "serverApiKey has a comma in it", "openssl rand -hex 32"),
    ("cpu", {"serverApiKey": 'one"two'}, "serverApiKey has quotation marks", "leaves out"),
    ("cpu", {"serverApiKey": "#one"}, "serverApiKey begins with #", "comment"),
    (
        "cpu",
        {"serverApiKey": "sch\u00fcssel"},
        "serverApiKey has characters in it that are not ASCII",
        "config set",
    ),
    ("cpu", {"serverApiKey": "key\n"}, "serverApiKey begins or ends with a space or line end", "config set"),
    ("cpu", {"serverGpus": "2"}, "serverGpus is 2, but device is cpu", "pulumi config rm serverGpus"),
    ("cpu", {"serverGpuLayers": 0}, "serverGpuLayers is 0, but device is cpu", "set device to cuda"),
    ("gpu", {"serverGpuLayers": 0}, "serverGpuLayers is 0 and device cuda", "run on the CPU"),
    ("gpu", {"serverOnednn": "off"}, "serverOnednn is off, but device is cuda", "config rm serverOnednn"),
    ("gpu", {"serverOnednn": "f32"}, "serverOnednn is f32, but device is cuda", "set device to cpu"),
    ("cpu", {"serverOnednn": "bf16"}, 'serverOnednn is "bf16"', "auto, f32, off"),
    ("gpu", {"serverGpus": "0"}, "serverGpus is 0, a count", "nvidia-smi -L"),
    ("gpu", {"serverGpus": "00"}, "serverGpus is 00, a count", "none"),
    ("gpu", {"serverGpus": "0,2,0"}, "serverGpus has 0 more than once", "each GPU once"),
    ("gpu", {"serverGpus": "none"}, 'serverGpus is "none"', "no id of a GPU"),
    ("gpu", {"serverGpus": "all,1"}, 'serverGpus is "all,1"', "no id of a GPU"),
    (
        "gpu",
        {"imageCudaDevelBase": "nvidia/cuda:13.0.0-devel-ubuntu24.04"},
        "imageCudaDevelBase has CUDA 13.0.0 and imageCudaRuntimeBase CUDA 12.8.1",
        "same version",
    ),
    (
        "cpu",
        {"llamaCppRepository": "https://me:token@git.example/llama.cpp.git"},
        "llamaCppRepository has a user or token in it",
        "shown in clear",
    ),
]


@pytest.mark.parametrize(("stack", "changes", "names", "says"), REFUSED, ids=lambda value: str(value)[:40])
def test_settings_that_do_not_go_together_are_refused_with_the_reason(
    stack: str, changes: dict[str, object], names: str, says: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        stack_settings(stack, **changes)
    (problem,) = raised.value.problems
    assert problem.startswith(names)
    assert says in problem


@pytest.mark.parametrize(
    ("stack", "changes"),
    [
        ("cpu", SMALL),
        ("cpu", {"serverParallel": 3}),
        ("cpu", {"serverParallel": 8, **MEAN}),
        ("cpu", {"serverParallel": 3, **dict.fromkeys(SMALL, 768), **MEAN}),
        ("cpu", ALONE),
        ("cpu", {**ALONE, "serverParallel": 1}),
        ("cpu", {"serverQueryContextSize": 9000}),
        ("cpu", {"serverQueryParallel": 3}),
        ("cpu", {"serverCorsOrigins": ["https://a.example", "http://localhost:3000", "*"]}),
        ("cpu", {"serverApiKey": "a-Z0-9_.~+/= b"}),
        ("cpu", {**SMALL, "modelContextSize": 512}),
        ("cpu", {"serverCpus": "0.5", "serverThreads": 1}),
        ("gpu", {"serverGpuLayers": 1}),
        ("gpu", {"serverGpus": "1"}),
        ("gpu", {"serverOnednn": "auto"}),
        ("cpu", {"serverOnednn": "off"}),
        ("gpu", {"serverGpus": "0,2"}),
        ("gpu", {"serverGpus": "GPU-3a23c669-1f69-c64e-cf85-44e9b07e7a2a"}),
        ("gpu", {"serverGpus": "MIG-GPU-3a23c669/1/0,0:1"}),
        ("gpu", {"imageCudaDevelBase": "mine/builder:1", "imageCudaRuntimeBase": RUNTIME}),
        ("cpu", {"llamaCppRepository": "ssh://git@git.example/llama.cpp.git"}),
    ],
    ids=str,
)
def test_settings_that_go_together_are_taken(stack: str, changes: dict[str, object]) -> None:
    assert stack_settings(stack, **changes).server.port == 8080


def test_the_defaults_that_mean_nothing_on_cpu_are_those_of_the_project() -> None:
    schema = config_schema()
    assert (schema["serverGpus"]["default"], schema["serverGpuLayers"]["default"]) == (
        DEFAULT_GPUS,
        DEFAULT_GPU_LAYERS,
    )


def test_the_default_that_means_nothing_on_cuda_is_that_of_the_project() -> None:
    assert config_schema()["serverOnednn"]["default"] == DEFAULT_ONEDNN


def test_the_defaults_that_mean_nothing_with_one_lane_are_those_of_the_project() -> None:
    schema = config_schema()
    assert {key: schema[key]["default"] for key in TWO_LANES_ALONE} == TWO_LANES_ALONE


@pytest.mark.parametrize(
    ("base", "version"),
    [
        ("nvidia/cuda:12.8.1-devel-ubuntu24.04", "12.8.1"),
        (f"registry.test:5000/{RUNTIME}@sha256:{'a' * 64}", "12.8.1"),
        ("nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04", "12.8.1"),
        ("debian:bookworm-slim", ""),
        (f"nvidia/cuda@sha256:{'a' * 64}", ""),
    ],
)
def test_the_cuda_version_is_read_where_a_tag_states_it(base: str, version: str) -> None:
    assert cuda_version(base) == version


@pytest.mark.parametrize("key", ["one,two", "sch\u00fcssel", "key\n"])
def test_a_key_that_can_not_be_used_is_not_shown(key: str) -> None:
    with pytest.raises(SettingsError) as raised:
        stack_settings("cpu", serverApiKey=key)
    assert key not in str(raised.value)
