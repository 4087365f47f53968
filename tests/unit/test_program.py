"""The program declares what each stack is made of, and nothing else."""

from collections import Counter

import pytest

from tests.unit.declared import declare_program, one

CONTAINER = "docker:index/container:Container"
IMAGE = "pulumi-python:dynamic/image:WantedImage"
COMMAND = "command:local:Command"

DECLARED = {
    "pulumi-python:dynamic/ownership:StackId": 1,
    "jina:engine:StackEngine": 1,
    "pulumi-python:dynamic/engine:EngineIdentity": 1,
    "jina:network:StackNetwork": 1,
    "docker:index/network:Network": 1,
    "jina:model:ModelDownload": 1,
    "pulumi-python:dynamic/model:ModelFile": 1,
    "jina:image:ServerImage": 1,
    "pulumi-python:dynamic/image:SourceCommit": 1,
    "pulumi-python:dynamic/image:EnginePlatform": 1,
    "jina:image:BuiltImage": 2,
    IMAGE: 2,
    "jina:elasticsearch:Elasticsearch": 1,
    "jina:elasticsearch:ElasticsearchNode": 1,
    "pulumi-python:dynamic/elasticsearch:Password": 1,
    "pulumi-python:dynamic/elasticsearch:Superuser": 1,
    "docker:index/remoteImage:RemoteImage": 1,
    "docker:index/volume:Volume": 4,
    CONTAINER: 4,
    "jina:secrets:SecretFile": 1,
    "pulumi-python:dynamic/elasticsearch:DeletionGuard": 2,
    "jina:elasticsearch:ClusterCheck": 1,
    "pulumi-python:dynamic/elasticsearch:ClusterCheck": 1,
    "jina:server:Gateway": 1,
    "jina:server:LlamaServer": 1,
    "jina:server:ServerLane": 2,
    COMMAND: 18,
    "jina:elasticsearch:SearchIndex": 1,
    "pulumi-python:dynamic/elasticsearch:InferenceEndpoint": 5,
    "pulumi-python:dynamic/elasticsearch:IngestPipeline": 1,
    "pulumi-python:dynamic/elasticsearch:Index": 1,
    "pulumi-python:dynamic/elasticsearch:DemoDocuments": 1,
}

NODE = {
    "jina:elasticsearch:ElasticsearchNode": 1,
    "pulumi-python:dynamic/elasticsearch:Password": 1,
    "pulumi-python:dynamic/elasticsearch:Superuser": 1,
    "docker:index/remoteImage:RemoteImage": 1,
    "docker:index/volume:Volume": 3,
    CONTAINER: 1,
    "jina:secrets:SecretFile": 1,
    COMMAND: 7,
    "pulumi-python:dynamic/elasticsearch:DeletionGuard": 1,
}


def declared_types(stack: str, **changes: object) -> Counter[str]:
    types = Counter(resource.type for resource in declare_program(stack, **changes))
    del types["pulumi:pulumi:Stack"]
    return types


def test_the_cpu_stack_declares_every_part_once() -> None:
    assert declared_types("cpu") == Counter(DECLARED)


def test_the_gpu_stack_adds_nothing_but_the_check_of_the_gpu() -> None:
    assert declared_types("gpu") == Counter(DECLARED) + Counter({COMMAND: 1})


def test_an_elasticsearch_that_is_already_there_takes_the_place_of_the_node() -> None:
    types = declared_types("cpu", elasticsearchUrl="https://elasticsearch.example:9200")

    assert types == Counter(DECLARED) - Counter(NODE)


def test_nothing_goes_to_the_docker_engine_before_it_is_known_to_be_the_stacks() -> None:
    declared = declare_program("cpu")
    components = (
        "network:StackNetwork",
        "image:ServerImage",
        "elasticsearch:Elasticsearch",
        "server:Gateway",
    )
    for kind in components:
        after = one(declared, f"jina:{kind}").dependencies
        assert any(urn.endswith("EngineIdentity::engine") for urn in after), kind


def test_a_destruction_begins_with_the_look_at_the_engine() -> None:
    declared = declare_program("cpu")
    guard = one(declared, COMMAND, "engine-guard")
    assert guard.inputs["delete"].endswith(" python3 -m components.commands.engine_check")
    assert not {"create", "update", "triggers"} & set(guard.inputs)
    assert any(urn.endswith("DeletionGuard::search-guard") for urn in guard.dependencies)
    assert not [
        item.name for item in declared if any(urn.endswith("::engine-guard") for urn in item.dependencies)
    ]


def test_each_additional_index_adds_itself_and_its_guard_and_nothing_else() -> None:
    added = {f"pulumi-python:dynamic/elasticsearch:{kind}": 2 for kind in ("Index", "DeletionGuard")}
    types = declared_types("cpu", elasticsearchAdditionalIndices=["tickets", "news"])
    assert types == Counter(DECLARED) + Counter(added)


def test_without_demo_documents_none_are_declared() -> None:
    assert (
        declared_types("cpu", demoDocuments=False)["pulumi-python:dynamic/elasticsearch:DemoDocuments"] == 0
    )


@pytest.mark.parametrize(
    ("stack", "dockerfile"), [("cpu", "docker/Dockerfile"), ("gpu", "docker/Dockerfile.cuda")]
)
def test_each_stack_builds_its_own_dockerfile(stack: str, dockerfile: str) -> None:
    assert one(declare_program(stack), IMAGE, "llama-server").inputs["dockerfile"] == dockerfile


@pytest.mark.parametrize("lane", ["documents", "queries"])
@pytest.mark.parametrize(("stack", "requests"), [("cpu", False), ("gpu", True)])
def test_only_the_gpu_stack_asks_for_devices(stack: str, requests: bool, lane: str) -> None:
    server = one(declare_program(stack), CONTAINER, f"jina-search-{stack}-llama-server-{lane}")

    assert bool(server.inputs.get("deviceRequests")) is requests


def test_two_stacks_have_no_name_in_common_in_the_docker_engine() -> None:
    kinds = (CONTAINER, "docker:index/network:Network", "docker:index/volume:Volume")
    names = [
        {
            resource.inputs.get("name", resource.name)
            for resource in declare_program(stack)
            if resource.type in kinds
        }
        for stack in ("cpu", "gpu")
    ]

    assert len(names[0]) == 8
    assert names[0].isdisjoint(names[1])
