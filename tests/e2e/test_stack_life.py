"""The life of a stack on the real engine: up, unchanged, changed, edited by hand, kept, and taken away.

The tests follow one another on one stack, as a person's commands would.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from docker.client import DockerClient

from components.elasticsearch.client.client import Client
from sandbox.machine.cache import cache_root
from sandbox.models.library import ensure_model
from sandbox.pulumi.stack import PROJECT, SandboxStack
from sandbox.show.answers import demo_answers
from tests.e2e.conftest import containers, images, volumes
from tests.e2e.resources import held, kept
from tests.fixtures.load import Load

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

CONTAINER = "docker:index/container:Container"
NETWORK = "docker:index/network:Network"
SERVERS = [f"{CONTAINER} {PROJECT}-e2e-llama-server-{lane}" for lane in ("documents", "queries")]
NODE = f"{CONTAINER} elasticsearch"
MODEL = "pulumi-python:dynamic/model:ModelFile"
NO_ENGINE = {"DOCKER_HOST": "tcp://127.0.0.1:1"}
NO_HUB = {"HF_ENDPOINT": "http://127.0.0.1:1"}


@pytest.fixture(scope="module")
def running(stack: SandboxStack) -> SandboxStack:
    brought_up = stack.up(capture=True)
    assert brought_up.exit_code == 0, brought_up.output
    return stack


def server_name(stack: SandboxStack) -> str:
    """Return the name of the server's container in the engine."""
    return str(stack.outputs()["serverContainer"])


@contextmanager
def loads(stack: SandboxStack) -> Iterator[list[Load]]:
    """Have people ask both lanes without pause."""
    outputs = stack.outputs()
    urls = (outputs["documentEmbeddingsUrl"], outputs["queryEmbeddingsUrl"])
    with ExitStack() as began:
        yield [began.enter_context(Load(url, outputs["modelDimensions"], clients=2)) for url in urls]


def changed(stack: SandboxStack, **settings: object) -> dict[str, int]:
    """Change settings, look at a preview as `pulumi up` does, bring the stack up, and return what the update did."""
    stack.configure(settings)
    shown = stack.preview()
    assert shown.exit_code == 0, shown.output
    finished = stack.up(capture=True)
    assert finished.exit_code == 0, finished.output
    return stack.last_changes()


def test_a_preview_of_a_new_stack_needs_an_engine_that_answers(stack: SandboxStack) -> None:
    shown = stack.with_environment(NO_ENGINE).preview()

    assert shown.exit_code != 0
    assert "failed to connect to any docker daemon" in shown.output


def test_a_preview_of_a_new_stack_makes_nothing_and_needs_neither_hub_nor_elasticsearch(
    stack: SandboxStack,
) -> None:
    shown = stack.with_environment(NO_HUB).preview()

    assert shown.exit_code == 0, shown.output
    assert "to create" in shown.output
    assert "llama-server" in shown.output
    networks = {network.name for network in DockerClient.from_env().networks.list()}
    assert containers(stack.name) == volumes(stack.name) == []
    assert f"{PROJECT}-{stack.name}" not in networks


def test_a_new_stack_comes_up_and_finds_every_expected_document(running: SandboxStack) -> None:
    answers = demo_answers(running.outputs())

    assert [answer.best.id for answer in answers] == [answer.query.expected for answer in answers]


def test_the_outputs_say_what_is_running(running: SandboxStack) -> None:
    outputs = running.outputs()

    assert (outputs["quant"], outputs["dims"], outputs["index"]) == ("F16", 768, "jina-demo")
    assert len(outputs["modelSha256"]) == 64
    assert outputs["imageDigest"].startswith("sha256:")
    assert outputs["embeddingsUrl"] == f"{outputs['serverUrl']}/v1/embeddings"


def test_an_update_without_changes_changes_nothing(running: SandboxStack) -> None:
    assert set(changed(running)) == {"same"}


def test_a_preview_shows_what_another_source_of_the_image_would_replace(running: SandboxStack) -> None:
    commit = running.outputs()["llamaCppCommit"]
    running.configure({"llamaCppRef": commit})

    shown = running.preview()

    running.configure({"llamaCppRef": None})
    assert shown.exit_code == 0, shown.output
    assert "SourceCommit" in shown.output
    assert "Traceback" not in shown.output


def test_secrets_are_in_the_state_encrypted_only(running: SandboxStack) -> None:
    password = running.outputs()["elasticsearchPassword"]

    assert len(password) >= 16
    assert password not in str(running.export())


def test_the_containers_run_without_privileges_and_listen_on_loopback_alone(running: SandboxStack) -> None:
    found = containers(running.name)
    assert len(found) == 4
    for container in found:
        settings = container.attrs["HostConfig"]
        assert settings["CapDrop"] == ["ALL"]
        assert "no-new-privileges" in str(settings["SecurityOpt"])
        published = [
            binding["HostIp"] for ports in (settings["PortBindings"] or {}).values() for binding in ports
        ]
        assert published == ([] if "-llama-server-" in str(container.name) else ["127.0.0.1"])
        assert container.exec_run(["id", "-u"]).output.strip() != b"0"


def test_another_quant_replaces_model_and_servers_without_a_failed_request_and_leaves_the_rest(
    running: SandboxStack,
) -> None:
    ensure_model(cache_root(), print, "Q8_0")
    before = held(running)
    image = running.outputs()["imageDigest"]

    with loads(running) as both:
        changed(running, quant="Q8_0")

    after = held(running)
    for load in both:
        assert load.failed == []
        assert load.answered > 20
    assert len(containers(running.name)) == 4
    assert [name for name in SERVERS if before[name].id == after[name].id] == []
    assert running.outputs()["imageDigest"] == image
    assert kept(before, after, NETWORK)
    assert before[NODE].id == after[NODE].id
    answers = demo_answers(running.outputs())
    assert [answer.best.id for answer in answers] == [answer.query.expected for answer in answers]


def test_one_lane_less_or_more_changes_one_server_without_a_failed_request(running: SandboxStack) -> None:
    before = server_name(running)

    with loads(running) as both:
        changed(running, serverLanes=1)
        assert (len(containers(running.name)), server_name(running)) == (3, before)
        changed(running, serverLanes=2)

    assert (len(containers(running.name)), server_name(running)) == (4, before)
    for load in both:
        assert load.failed == []
        assert load.answered > 20


def test_other_dims_change_pipeline_and_index_and_leave_the_server(
    running: SandboxStack, client: Client
) -> None:
    before = held(running)
    image = running.outputs()["imageDigest"]

    changed(running, dims=256)

    after = held(running)
    assert kept(before, after, CONTAINER)
    assert running.outputs()["imageDigest"] == image
    mapping = client.request("GET", "/jina-demo/_mapping")
    properties = [index["mappings"]["properties"] for index in mapping.values()]
    assert [one["content_embedding"]["dims"] for one in properties] == [256]
    assert len(demo_answers(running.outputs())) == 5


def test_a_pipeline_edited_by_hand_is_seen_by_refresh_and_mended_by_up(
    running: SandboxStack, client: Client
) -> None:
    wanted = client.request("GET", "/_ingest/pipeline/jina-embeddings")["jina-embeddings"]["processors"]
    client.request("PUT", "/_ingest/pipeline/jina-embeddings", {"processors": []})

    refreshed = running.refresh()
    assert refreshed.exit_code == 0, refreshed.output
    done = changed(running)

    assert done.get("update") == 1, done
    mended = client.request("GET", "/_ingest/pipeline/jina-embeddings")["jina-embeddings"]["processors"]
    assert mended == wanted


def test_a_container_removed_by_hand_is_seen_by_refresh_and_started_again_by_up(
    running: SandboxStack,
) -> None:
    engine = DockerClient.from_env()
    engine.containers.get(server_name(running)).remove(force=True)

    refreshed = running.refresh()
    assert refreshed.exit_code == 0, refreshed.output
    changed(running)

    assert engine.containers.get(server_name(running)).status == "running"
    assert demo_answers(running.outputs())


def test_a_server_that_does_not_come_up_is_reported_in_seconds_and_the_one_before_goes_on(
    running: SandboxStack,
) -> None:
    outputs = running.outputs()

    with Load(outputs["embeddingsUrl"], outputs["modelDimensions"], clients=1) as load:
        running.configure({"serverExtraArguments": ["LLAMA_ARG_NUMA=perhaps"]})
        failed = running.up(capture=True)
        running.configure({"serverExtraArguments": None})
        mended = running.up(capture=True)

    assert failed.exit_code != 0
    assert "LLAMA_ARG_NUMA" in failed.output
    assert "serverExtraArguments" in failed.output
    assert "Traceback" not in failed.output
    assert mended.exit_code == 0, mended.output
    assert load.failed == []
    assert len(containers(running.name)) == 4


def test_documents_of_people_survive_a_change_of_dims_and_are_embedded_anew(
    running: SandboxStack, client: Client
) -> None:
    client.request(
        "POST", "/jina-demo/_doc/mine", {"content": "A document of mine."}, query={"refresh": "true"}
    )
    before = held(running)

    changed(running, dims=512)

    assert kept(before, held(running), CONTAINER)
    asked = {"query": {"ids": {"values": ["mine"]}}, "fields": ["content_embedding"]}
    found = client.request("POST", "/jina-demo/_search", asked)["hits"]["hits"]
    assert [hit["_source"]["content"] for hit in found] == ["A document of mine."]
    assert [len(hit["fields"]["content_embedding"]) for hit in found] == [512]
    answers = demo_answers(running.outputs())
    assert [answer.best.id for answer in answers] == [answer.query.expected for answer in answers]


def test_destroy_stops_before_an_index_with_documents_of_people(
    running: SandboxStack, client: Client
) -> None:
    stopped = running.destroy(capture=True)

    assert stopped.exit_code != 0
    assert "elasticsearchDeleteData" in stopped.output
    assert "Traceback" not in stopped.output
    assert client.request("GET", "/jina-demo/_doc/mine")["found"]


def test_destroy_takes_everything_away_once_the_documents_are_given_up(running: SandboxStack) -> None:
    changed(running, elasticsearchDeleteData="jina-demo")

    destroyed = running.destroy(capture=True)

    assert destroyed.exit_code == 0, destroyed.output
    engine = DockerClient.from_env()
    prefix = f"{PROJECT}-{running.name}"
    assert containers(running.name) == []
    assert volumes(running.name) == []
    assert images(running.name) == []
    assert prefix not in {network.name for network in engine.networks.list()}
