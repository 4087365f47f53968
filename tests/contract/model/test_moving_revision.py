"""A branch that moves upstream: seen by refresh, told, and never taken by itself."""

import shutil
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.hub.faults import Fault
from sandbox.hub.server import Hub
from tests.contract.model.conftest import Model, Start
from tests.contract.model.downloader import Downloader, Outcome
from tests.contract.model.test_download import ranges

NEW = b"GGUF" + b"new" * 500_000

Values = dict[str, Any]


@pytest.fixture
def state(hub: Hub, model: Model, downloader: Downloader) -> Values:
    """Return the state of a stack that took the branch as it was before it moved."""
    created: Values = downloader.provider("create", model.inputs()).result["outs"]
    model.publish(NEW)
    hub.asked.clear()
    return created


def read(downloader: Downloader, state: Values) -> Outcome:
    return downloader.provider("read", state["path"], state)


def test_refresh_reports_a_moved_branch_and_up_changes_nothing(
    hub: Hub, model: Model, downloader: Downloader, state: Values
) -> None:
    outcome = read(downloader, state)
    outputs = outcome.result["outs"]
    assert outputs == state | {"upstream_commit": model.commit}
    (line,) = outcome.said
    for part in (
        model.repository,
        "main",
        model.commit,
        state["commit"],
        f"`pulumi config set modelRevision {model.commit}`, then `pulumi up`",
    ):
        assert part in line
    assert downloader.provider("diff", state["path"], outputs, model.inputs()).result["changes"] is False
    assert [asked.method for asked in hub.asked] == ["HEAD"]
    assert read(downloader, outputs).result["outs"] == outputs


def test_the_command_names_the_sha256_too_where_one_is_set(
    model: Model, downloader: Downloader, state: Values
) -> None:
    (line,) = read(downloader, state | {"expected_sha256": state["sha256"]}).said
    assert f"modelSha256 {model.sha256}" in line


@pytest.mark.parametrize("back", ["the branch went back", "only another file changed"])
def test_nothing_is_reported_while_the_file_is_the_same(
    model: Model, downloader: Downloader, back: str
) -> None:
    old = model.content
    created = downloader.provider("create", model.inputs()).result["outs"]
    model.publish(old, beside=b"" if back == "the branch went back" else b"another README")
    outcome = read(downloader, created | {"upstream_commit": "d" * 40})
    assert outcome.result["outs"] == created
    assert outcome.said == ()


def test_a_commit_takes_no_request(hub: Hub, model: Model, downloader: Downloader) -> None:
    path = model.wanted(revision=model.commit)["path"]
    created = downloader.provider("create", model.inputs(revision=model.commit, path=path)).result["outs"]
    model.publish(NEW)
    hub.asked.clear()
    assert read(downloader, created).result["outs"] == created
    assert hub.asked == []


@pytest.mark.parametrize("before", ["", "d" * 40])
@pytest.mark.parametrize("trouble", ["offline", "no hub", "HTTP 503", "access refused"])
def test_a_hub_that_can_not_be_asked_is_told_of_and_no_failure(
    hub: Hub, downloader: Downloader, start: Start, state: Values, trouble: str, before: str
) -> None:
    asking, reason = downloader, trouble
    if trouble == "offline":
        asking, reason = start(HF_HUB_OFFLINE="1"), "HF_HUB_OFFLINE is set"
    elif trouble == "no hub":
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        asking, reason = start(HF_ENDPOINT=endpoint), "could not be reached"
    elif trouble == "access refused":
        hub.faults.add(Fault(method="HEAD", status=403, bare=True))
        reason = "refused access"
    else:
        hub.faults.add(Fault(method="HEAD", status=503))
    outcome = read(asking, state | {"upstream_commit": before})
    assert outcome.result["outs"] == state | {"upstream_commit": before}
    (line,) = outcome.said
    assert "could not be found out" in line
    assert reason in line
    assert len(hub.asked) <= 1


def test_a_hub_that_does_not_answer_does_not_hold_refresh_up(start: Start, state: Values) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asking = start(HF_ENDPOINT=f"http://127.0.0.1:{silent.getsockname()[1]}")
        read(asking, state)  # now the process has started, which takes its time on a busy machine
        began = time.monotonic()
        outcome = read(asking, state)
    assert "could not be found out" in outcome.said[0]
    assert time.monotonic() - began < 10


def damage(model: Model) -> None:
    model.path.write_bytes(b"GGUF, but other bytes")


def remove_file(model: Model) -> None:
    model.path.unlink()


def remove_folder(model: Model) -> None:
    shutil.rmtree(model.directory)


def leave(_model: Model) -> None:
    """Nothing happens to the file."""


@pytest.mark.parametrize("happens", [leave, damage, remove_file, remove_folder])
@pytest.mark.parametrize("schema", [1, 2])
def test_an_update_stays_with_the_commit_and_with_the_report(
    model: Model, downloader: Downloader, state: Values, happens: Callable[[Model], None], schema: int
) -> None:
    happens(model)
    olds = state | {"upstream_commit": model.commit}
    if schema == 1:
        olds = {key: value for key, value in state.items() if key != "upstream_commit"}
        olds["schema_version"] = 1
    news = model.inputs(keep_files=False)
    outcome = downloader.provider("update", state["path"], olds, news)
    reported = model.commit if schema == 2 else ""
    assert outcome.result["outs"] == state | {"keep_files": False, "upstream_commit": reported}
    assert model.path.read_bytes() != NEW


@pytest.mark.parametrize("happens", [damage, remove_file, remove_folder])
def test_up_after_a_refresh_that_found_no_file_stays_with_the_commit_and_tells(
    hub: Hub, model: Model, downloader: Downloader, state: Values, happens: Callable[[Model], None]
) -> None:
    happens(model)
    assert read(downloader, state).result["id"] == ""
    outcome = downloader.provider("create", model.inputs())
    assert outcome.result["outs"] == state | {"upstream_commit": model.commit}
    assert f"modelRevision {model.commit}" in outcome.said[-1]
    assert ranges(hub) == [""]


def test_the_reported_commit_is_taken_when_it_is_set(
    model: Model, downloader: Downloader, state: Values
) -> None:
    path = model.wanted(revision=model.commit)["path"]
    taken = model.inputs(revision=model.commit, path=path)
    assert downloader.provider("diff", state["path"], state, taken).result["replaces"] == ["path"]
    outputs = downloader.provider("create", taken).result["outs"]
    assert (outputs["commit"], outputs["sha256"]) == (model.commit, model.sha256)
    assert outputs["upstream_commit"] == ""


def test_a_sha256_that_names_the_new_content_takes_it(
    model: Model, downloader: Downloader, state: Values
) -> None:
    olds = state | {"upstream_commit": model.commit}
    news = model.inputs(expected_sha256=model.sha256)
    outputs = downloader.provider("update", state["path"], olds, news).result["outs"]
    assert (outputs["commit"], outputs["upstream_commit"]) == (model.commit, "")
    assert model.path.read_bytes() == NEW


def test_a_commit_that_is_gone_is_told_of_with_how_to_take_the_new_one(
    hub: Hub, model: Model, downloader: Downloader, state: Values
) -> None:
    hub.answers.forget_commits(model.repository)
    damage(model)
    outcome = downloader.provider("update", state["path"], state, model.inputs())
    assert outcome.error == "NotOnHubError"
    for part in (
        state["commit"],
        "no longer on the Hub",
        f"`pulumi config set modelRevision {model.commit}`, then `pulumi up`",
        state["sha256"],
    ):
        assert part in outcome.message
    assert model.path.read_bytes() != NEW
    assert ranges(hub) == []


def test_a_commit_that_is_gone_does_not_matter_where_the_content_is_the_same(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    created = downloader.provider("create", model.inputs()).result["outs"]
    model.publish(model.content, beside=b"after the history was rewritten")
    hub.answers.forget_commits(model.repository)
    model.path.unlink()
    outcome = downloader.provider("update", created["path"], created, model.inputs())
    assert outcome.result["outs"] == created | {"commit": model.commit}
    assert any("has the same content" in line for line in outcome.said)


def test_a_place_of_an_offline_machine_stays_with_its_content(
    hub: Hub, model: Model, downloader: Downloader, offline: Downloader
) -> None:
    """Where the Hub could never be asked, no commit is known."""
    model.put(model.content)
    created = offline.provider("create", model.inputs(expected_sha256=model.sha256)).result["outs"]
    assert created["commit"] == "main"
    assert offline.provider("diff", created["path"], created, created).result["changes"] is False
    model.publish(NEW)
    model.path.unlink()
    outcome = downloader.provider("update", created["path"], created, model.inputs())
    assert outcome.error == "WrongContentError"
    assert f"modelRevision {model.commit}" in outcome.message
    assert ranges(hub) == []
