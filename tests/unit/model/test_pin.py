"""ModelPin: which content pods must fetch, found out without a download."""

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from pulumi.output import UNKNOWN

from components.model.dynamic.model_pin import INPUTS, SCHEMA_VERSION, ModelPinProvider
from components.model.errors import NotOnHubError, OfflineError, WrongContentError
from components.model.pinned import ModelPin, ModelPinArgs
from tests.unit.declared import declare, one, shown
from tests.unit.model.hub_double import CONTENT, FILE, NEW, OLD, OTHER, REPOSITORY, HubDouble, digest
from tests.unit.project import stack_settings

PIN = "pulumi-python:dynamic/model:ModelPin"


def inputs(**changes: Any) -> dict[str, Any]:
    return {
        "repository": REPOSITORY,
        "revision": "main",
        "file": FILE,
        "path": f"/models/{FILE}",
        "expected_sha256": "",
    } | changes


def outputs(**changes: Any) -> dict[str, Any]:
    found = {"sha256": digest(CONTENT), "commit": OLD, "upstream_commit": ""}
    return inputs() | found | {"schema_version": SCHEMA_VERSION} | changes


def updated(olds: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return ModelPinProvider().update("id", olds, inputs(**changes)).outs or {}


@pytest.mark.parametrize(
    ("news", "asked"),
    [
        ({}, True),
        ({"revision": OLD}, True),
        ({"expected_sha256": digest(CONTENT)}, True),
        ({"revision": OLD, "expected_sha256": digest(CONTENT)}, False),
    ],
    ids=shown,
)
def test_a_revision_becomes_a_commit_and_nobody_is_asked_where_all_is_set(
    hub: HubDouble, news: dict[str, Any], asked: bool
) -> None:
    made = ModelPinProvider().create(inputs(**news))
    assert made.outs == outputs(**news)
    assert hub.asked == (
        [f"HEAD /{REPOSITORY}/resolve/{news.get('revision', 'main')}/{FILE}"] if asked else []
    )


@pytest.mark.parametrize(
    ("news", "error"),
    [
        ({"file": "other.gguf"}, NotOnHubError),
        ({"revision": "nowhere"}, NotOnHubError),
        ({"expected_sha256": digest(OTHER)}, WrongContentError),
    ],
    ids=shown,
)
def test_what_the_hub_does_not_have_is_refused_before_any_pod_asks_for_it(
    hub: HubDouble, news: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        ModelPinProvider().create(inputs(**news))
    assert len(hub.asked) == 1


def test_offline_a_branch_is_refused_with_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(OfflineError, match=r"Set modelRevision to a commit.* and modelSha256"):
        ModelPinProvider().create(inputs())


@pytest.mark.parametrize(
    ("news", "changes"),
    [
        ({}, False),
        ({"revision": OLD}, True),
        ({"file": "other.gguf", "path": "/models/other.gguf"}, True),
        ({"expected_sha256": digest(CONTENT)}, True),
        ({"expected_sha256": UNKNOWN}, True),
    ],
    ids=shown,
)
def test_a_preview_compares_settings_and_asks_nobody(
    hub: HubDouble, news: dict[str, Any], changes: bool
) -> None:
    result = ModelPinProvider().diff("id", outputs(upstream_commit=NEW), inputs(**news))
    assert (result.changes, result.replaces or [], hub.asked) == (changes, [], [])


def test_outputs_of_another_schema_are_written_anew() -> None:
    assert ModelPinProvider().diff("id", outputs(schema_version=0), inputs()).changes is True


@pytest.mark.parametrize(
    ("news", "reported"),
    [
        ({}, NEW),
        ({"expected_sha256": digest(CONTENT)}, NEW),
        ({"path": f"/elsewhere/{FILE}"}, NEW),
        ({"revision": OLD}, ""),
    ],
    ids=shown,
)
def test_a_branch_that_moved_is_not_taken_by_itself(
    hub: HubDouble, news: dict[str, Any], reported: str
) -> None:
    hub.commits[NEW], hub.main = OTHER, NEW
    state = outputs(upstream_commit=NEW)
    assert updated(state, **news) == outputs(**{"upstream_commit": reported} | news)
    assert hub.asked == []


def test_the_commit_that_the_branch_moved_to_is_taken_when_it_is_set(hub: HubDouble) -> None:
    hub.commits[NEW], hub.main = OTHER, NEW
    taken = updated(outputs(upstream_commit=NEW), revision=NEW)
    assert taken == outputs(revision=NEW, commit=NEW, sha256=digest(OTHER))


def test_another_content_of_the_held_branch_is_refused_with_the_way_to_take_it(hub: HubDouble) -> None:
    hub.commits[NEW], hub.main = OTHER, NEW
    with pytest.raises(WrongContentError, match=r"Correct modelSha256.* or set modelRevision"):
        updated(outputs(), expected_sha256=digest(OTHER))


def test_refresh_reports_a_branch_that_moved_and_up_would_change_nothing(
    hub: HubDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.commits[NEW], hub.main = OTHER, NEW
    read = ModelPinProvider().read("id", outputs())
    assert (read.id, read.outs) == ("id", outputs(upstream_commit=NEW))
    assert read.inputs == {key: outputs()[key] for key in INPUTS}
    assert f"`pulumi config set modelRevision {NEW}`, then `pulumi up`" in capsys.readouterr().out
    assert ModelPinProvider().diff("id", read.outs or {}, inputs()).changes is False


def test_refresh_asks_nobody_about_a_commit(hub: HubDouble) -> None:
    state = outputs(revision=OLD)
    assert ModelPinProvider().read("id", state).outs == state
    assert hub.asked == []


def test_the_component_declares_what_the_settings_say_and_where_pods_have_it() -> None:
    settings = stack_settings("k8s", imageRegistry="registry.test", modelSha256="ab" * 32).model
    seen: list[object] = []

    def program() -> None:
        model = ModelPin("model", ModelPinArgs(folder="/models", settings=settings))
        model.path.apply(seen.append)

    declared = declare(program, "k8s")
    assert [item.type for item in declared] == ["jina:model:ModelPin", PIN]
    given = one(declared, PIN).inputs
    assert {key: given[key] for key in INPUTS} == {
        "repository": settings.repository,
        "revision": settings.revision,
        "file": "v5-nano-retrieval-F16.gguf",
        "path": "/models/v5-nano-retrieval-F16.gguf",
        "expected_sha256": "ab" * 32,
    }
    assert seen == [str(Path("/models", settings.file))]
