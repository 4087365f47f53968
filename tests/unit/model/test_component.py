"""ModelDownload: what it declares, and what a preview knows."""

import base64

import pulumi
import pytest

from components.model.component import ModelDownload, ModelDownloadArgs
from tests.unit.declared import Declared, declare, one
from tests.unit.project import PROJECT_DIRECTORY, stack_settings

FILE = "pulumi-python:dynamic/model:ModelFile"
COMMIT = "59cfaceeeb7d738c404659435af4c0da74d06c96"
REPOSITORY = "jinaai/jina-embeddings-v5-text-nano-retrieval-GGUF"


def model(**changes: object) -> list[Declared]:
    """Declare the model of the CPU stack."""
    settings = stack_settings("cpu", **changes).model
    return declare(lambda: ModelDownload("model", ModelDownloadArgs(settings=settings)))


@pytest.mark.parametrize(
    ("changes", "inputs"),
    [
        ({}, {"file": "v5-nano-retrieval-F16.gguf", "expected_sha256": "", "keep_files": True}),
        ({"quant": "Q2_K"}, {"file": "v5-nano-retrieval-Q2_K.gguf"}),
        ({"modelSha256": "ab" * 32}, {"expected_sha256": "ab" * 32}),
        ({"modelKeepFiles": False}, {"keep_files": False}),
        ({"modelRevision": "refs/pr/1"}, {"revision": "refs/pr/1"}),
        ({"modelsDirectory": "./models/"}, {"directory": "models"}),
        ({"modelsDirectory": "/srv/models"}, {"directory": "/srv/models"}),
    ],
    ids=str,
)
def test_the_file_is_declared_as_the_settings_say(
    changes: dict[str, object], inputs: dict[str, object]
) -> None:
    declared = one(model(**changes), FILE).inputs
    expected = {"repository": REPOSITORY, "revision": COMMIT} | inputs
    assert {key: declared[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({}, f"{PROJECT_DIRECTORY}/models/{REPOSITORY}/{COMMIT}/v5-nano-retrieval-F16.gguf"),
        (
            {"modelsDirectory": "/srv/m", "modelRevision": "a/b"},
            f"/srv/m/{REPOSITORY}/a%2Fb/v5-nano-retrieval-F16.gguf",
        ),
        (
            {"modelRepository": "me/mine", "modelRevision": "main", "modelsDirectory": "/m"},
            "/m/me/mine/main/v5-nano-retrieval-F16.gguf",
        ),
    ],
    ids=str,
)
def test_the_place_keeps_repositories_and_revisions_apart(changes: dict[str, object], path: str) -> None:
    assert one(model(**changes), FILE).inputs["path"] == path


def test_the_place_is_known_before_the_file_is_there() -> None:
    seen: list[object] = []

    def program() -> None:
        settings = stack_settings("cpu", modelsDirectory="/m").model
        download = ModelDownload("model", ModelDownloadArgs(settings=settings))
        download.path.apply(seen.append)
        assert download.file == "v5-nano-retrieval-F16.gguf"

    declare(program)
    assert seen == [f"/m/{REPOSITORY}/{COMMIT}/v5-nano-retrieval-F16.gguf"]


def test_the_state_names_the_provider_and_holds_no_secret() -> None:
    """By name alone: by value, a state would be bound to one version of Python and of this code."""
    file = one(model(), FILE)
    provider = base64.b64decode(file.inputs["__provider"])
    assert b"components.model.dynamic.model_file" in provider
    assert b"ModelFileProvider" in provider
    assert len(provider) < 100
    assert file.secrets == set()


def test_a_component_holds_the_file() -> None:
    assert [item.type for item in model()] == ["jina:model:ModelDownload", FILE]
    assert issubclass(ModelDownload, pulumi.ComponentResource)
