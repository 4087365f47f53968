"""A small stack, by the real CLI, from its preview to its end: the tests run in this order on one stack."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.providers.docker.engine import Engine
from tests.contract.sandbox.providers.cli import SmallStack
from tests.contract.sandbox.providers.conftest import PREFIX

pytestmark = pytest.mark.sandbox

NAMES = {"network", "volume", "base", "image", "server", "check"}
SECRET = "a-secret-name"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Iterator[SmallStack]:
    """Give the stack, and destroy it."""
    settings = {"prefix": PREFIX, "port": str(_free_port())}
    made = SmallStack(Path(tmp_path_factory.mktemp("stack")), settings)
    yield made
    made.run("destroy")
    with_image = f"{PREFIX}-image:1"
    if engine.api.images(with_image):
        engine.api.remove_image(with_image, force=True)


@pytest.fixture
def api(engine: Engine) -> Any:
    """Return the engine's API."""
    return engine.api


def test_a_preview_makes_nothing(stack: SmallStack, api: Any) -> None:
    shown = stack.run("preview")
    assert "+ 7 to create" in shown
    assert [name for name in _names(api) if PREFIX in name] == []


@pytest.mark.parametrize("command", ["preview", "up"])
def test_without_an_engine_that_answers_there_is_not_even_a_preview(stack: SmallStack, command: str) -> None:
    shown = stack.run(command, fails=True, DOCKER_HOST="tcp://127.0.0.1:1")
    assert "failed to connect to any docker daemon" in shown


def test_up_makes_everything_and_a_second_one_changes_nothing(stack: SmallStack, api: Any) -> None:
    stack.run("up")
    server = api.inspect_container(f"{PREFIX}-server")
    assert server["State"]["Health"]["Status"] == "healthy"
    assert f"{PREFIX}-network" in server["NetworkSettings"]["Networks"]
    assert stack.resources()["server"]["id"] == server["Id"]
    assert stack.resources()["image"]["outputs"]["repoDigest"] == server["Image"]
    assert "7 unchanged" in stack.run("up")
    stack.run("preview", "--expect-no-changes")


@pytest.mark.parametrize("argument", ["--debug", "-v=3"])
def test_a_talkative_log_has_the_environment_of_a_container_in_clear(
    stack: SmallStack, argument: str
) -> None:
    shown = stack.run("refresh", argument, "--logtostderr")
    assert "Docker container inspect from stateFunc" in shown
    assert "GREETING=" in shown


def test_a_changed_environment_replaces_the_container_and_runs_the_check_again(
    stack: SmallStack, api: Any
) -> None:
    before = stack.resources()
    stack.settings["greeting"] = "good morning"
    assert "+-2 replaced\n    5 unchanged" in stack.run("up")
    after = stack.resources()
    assert {name for name in NAMES if before[name]["id"] != after[name]["id"]} == {"server", "check"}
    assert "GREETING=good morning" in api.inspect_container(f"{PREFIX}-server")["Config"]["Env"]


def test_what_was_changed_by_hand_is_mended(stack: SmallStack, api: Any) -> None:
    api.remove_container(f"{PREFIX}-server", force=True)
    stack.run("refresh")
    assert "server" not in stack.resources()
    stack.run("up")
    api.stop(f"{PREFIX}-server", timeout=0)
    stack.run("up", "--refresh")
    assert api.inspect_container(f"{PREFIX}-server")["State"]["Running"]


def test_a_failed_check_shows_all_that_it_wrote_a_secret_too(stack: SmallStack) -> None:
    stack.settings["check"] = "echo asked; echo $WHO did not answer >&2; exit 3"
    shown = stack.run("up", fails=True)
    assert "exit status 3" in shown
    assert f"{SECRET} did not answer" in shown
    del stack.settings["check"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"command": "echo no such model; exit 3"}, ["container failed to be in healthy state"]),
        ({"gpu": "true"}, ['could not select device driver "nvidia" with capabilities: [[gpu]]']),
    ],
    ids=["crash loop", "no GPU"],
)
def test_a_container_that_does_not_start_is_kept_in_the_state_and_replaced_when_mended(
    stack: SmallStack, api: Any, settings: dict[str, str], said: list[str]
) -> None:
    stack.settings.update(settings)
    shown = stack.run("up", fails=True)
    assert [text for text in said if text not in shown] == []
    broken = stack.resources()["server"]
    assert broken["initErrors"]
    assert api.inspect_container(f"{PREFIX}-server")["Id"] == broken["id"]
    for key in settings:
        del stack.settings[key]
    stack.run("up")
    assert api.inspect_container(f"{PREFIX}-server")["State"]["Health"]["Status"] == "healthy"
    assert "initErrors" not in stack.resources()["server"]


def test_destroy_takes_everything_away_but_the_images(stack: SmallStack, api: Any) -> None:
    stack.run("destroy")
    assert stack.resources() == {}
    assert [name for name in _names(api) if PREFIX in name] == [f"{PREFIX}-image:1"]


def _names(api: Any) -> list[str]:
    """Return the names of all containers, networks, volumes and images of the engine."""
    return [
        *(name for container in api.containers(all=True) for name in container["Names"]),
        *(network["Name"] for network in api.networks()),
        *(volume["Name"] for volume in api.volumes()["Volumes"] or []),
        *(tag for image in api.images() for tag in image["RepoTags"] or []),
    ]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
