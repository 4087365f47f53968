"""Every setting, changed on a running stack, is what runs afterwards; and nothing changed is no change.

The tests follow one another on one stack. What runs is read from the engine and the node, not from the state.
"""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from docker.client import DockerClient

from components.settings import ServerSettings
from components.settings.setting import keys_of_variables
from sandbox.machine.cache import cache_root
from sandbox.machine.ports import free_port
from sandbox.models.library import ensure_model
from sandbox.preparation import Prepared
from sandbox.pulumi.stack import PROJECT_DIRECTORY, SandboxStack
from tests.e2e.conftest import new_stack, remove_left_overs
from tests.e2e.live_stack import Live
from tests.e2e.setting_rows import MEBIBYTE, PROVED_ELSEWHERE, Row, steps

pytestmark = [pytest.mark.sandbox, pytest.mark.e2e]

NAME = "settings"
PREBUILT = f"jina-search-settings-test:{os.getpid()}"
STEPS = ("server", "limits", "addresses", "files", "delivery", "one lane", "search", "names", "who embeds")


@pytest.fixture(scope="module")
def live(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Bring a stack up, and have the engine hold another image of its server."""
    ensure_model(cache_root(), print, "Q8_0")
    stack = new_stack(NAME, tmp_path_factory.mktemp(NAME), prepared)
    engine = DockerClient.from_env()
    try:
        brought_up(stack)
        server = engine.containers.get(stack.outputs()["serverContainer"])
        made = engine.containers.create(server.image.id)
        repository, _, tag = PREBUILT.partition(":")
        made.commit(repository, tag, changes="LABEL jina-search.test=another")
        made.remove()
        yield Live(stack)
    finally:
        remove_left_overs(NAME)
        if engine.images.list(PREBUILT):
            engine.images.remove(PREBUILT, force=True)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Row]]:
    """Return the settings to change, by step."""
    return steps(tmp_path_factory.mktemp("files"), NAME, PREBUILT)


def brought_up(stack: SandboxStack) -> None:
    finished = stack.up(capture=True)
    assert finished.exit_code == 0, finished.output


def nothing_changes(stack: SandboxStack) -> None:
    """Preview, refresh and preview again: none may find a change."""
    for finished in (
        stack.preview("--expect-no-changes", "--diff"),
        stack.refresh("--expect-no-changes"),
        stack.preview("--expect-no-changes", "--diff"),
    ):
        assert finished.exit_code == 0, finished.output


def configure(stack: SandboxStack, chosen: dict[str, Row]) -> None:
    stack.configure({key: row.value for key, row in chosen.items() if not row.secret})
    for key, row in chosen.items():
        if row.secret:
            stack.set_secret(key, row.value)


def test_every_setting_is_changed_here_or_proved_elsewhere(tmp_path: Path) -> None:
    declared = yaml.safe_load((PROJECT_DIRECTORY / "Pulumi.yaml").read_text())["config"]
    changed = steps(tmp_path, NAME, PREBUILT)
    assert tuple(changed) == STEPS
    rows = [key for step in changed.values() for key in step]
    listed = [*rows, *PROVED_ELSEWHERE]
    assert len(set(listed)) == len(listed)
    # That a variable of the server has its setting's value is proved of each in tests/unit/server/test_container.py.
    assert {*listed, *keys_of_variables(ServerSettings).values()} == set(declared)
    for key, (file, _) in PROVED_ELSEWHERE.items():
        text = (PROJECT_DIRECTORY / file).read_text()
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
        assert key in text or snake.removeprefix("elasticsearch_") in text, (key, file)


def test_after_the_first_up_nothing_changes(live: Live) -> None:
    nothing_changes(live.stack)


@pytest.mark.parametrize("step", STEPS)
def test_what_is_set_is_what_runs_and_what_is_taken_back_too(
    live: Live, rows: dict[str, dict[str, Row]], step: str
) -> None:
    chosen = rows[step]
    before_settings = {key: live.stack.settings.get(key) for key in chosen}
    before = {key: row.read(live) for key, row in chosen.items()}
    expected = {key: row.expected for key, row in chosen.items()}
    assert [key for key in chosen if before[key] == expected[key]] == []

    configure(live.stack, chosen)
    brought_up(live.stack)
    assert {key: row.read(live) for key, row in chosen.items()} == expected
    nothing_changes(live.stack)

    live.stack.configure(before_settings)
    brought_up(live.stack)
    assert {key: row.read(live) for key, row in chosen.items()} == before
    nothing_changes(live.stack)


def test_limits_are_set_raised_lowered_and_taken_back(live: Live) -> None:
    before = limits(live)
    for server, cpus, node in ((7168, "1.50", 3072), (16384, "2", 8192), (2048, "0.5", 2048)):
        live.stack.configure({"serverMemory": server, "serverCpus": cpus, "elasticsearchMemory": node})
        live.stack.configure({"serverContextSize": 1024, "serverBatchSize": 1024, "serverUbatchSize": 1024})
        brought_up(live.stack)
        assert limits(live) == (server * MEBIBYTE, round(float(cpus) * 100_000), node * MEBIBYTE)
        nothing_changes(live.stack)
    live.stack.configure({"serverCpus": "0.50"})
    assert live.stack.preview("--expect-no-changes").exit_code == 0
    live.stack.configure(dict.fromkeys(("serverMemory", "serverCpus", "serverContextSize")))
    live.stack.configure(dict.fromkeys(("serverBatchSize", "serverUbatchSize")))
    live.stack.configure({"elasticsearchMemory": 1536})
    brought_up(live.stack)
    assert limits(live) == before
    nothing_changes(live.stack)


def test_a_container_that_could_not_start_is_made_anew_by_the_next_update(live: Live) -> None:
    port = free_port(19080)
    with socket.create_server(("127.0.0.1", port)):
        live.stack.configure({"serverPort": port})
        assert live.stack.up(capture=True).exit_code != 0
    brought_up(live.stack)
    assert live.container("gateway")["State"]["Running"]
    nothing_changes(live.stack)


def limits(live: Live) -> tuple[int, int, int]:
    server, node = (live.container(part)["HostConfig"] for part in ("server", "elasticsearch"))
    return server["Memory"], server["CpuQuota"], node["Memory"]
