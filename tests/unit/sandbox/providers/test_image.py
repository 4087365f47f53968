"""`docker.Image` of the stand-in before any build: its checks and the digest of its context."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.providers.docker.build_context import digest
from sandbox.providers.docker.engine import Engine
from sandbox.providers.docker.image import Image
from sandbox.providers.resource import Operation
from sandbox.providers.values import UNKNOWN, Secret

OPERATION = Operation("urn:pulumi:s::p::docker:index/image:Image::image", lambda *_: None)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "main.c").write_text("int main;")
    return tmp_path


def check(**inputs: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the checked inputs, and what is wrong by path; no engine is there to be asked."""
    checked, failures = Image(Engine("unix:///nowhere")).check({"skipPush": True, **inputs}, OPERATION)
    return checked, {failure.path: failure.reason for failure in failures}


def test_defaults_and_the_digest_of_the_context_become_inputs(context: Path) -> None:
    checked, failures = check(imageName="i", build={"context": str(context)})
    assert failures == {}
    assert checked["build"]["dockerfile"] == str(context / "Dockerfile")
    assert checked["build"]["contextDigest"] == digest(context, context / "Dockerfile")
    assert checked["build"]["platform"].startswith("linux/")
    assert checked["buildOnPreview"] is False


def test_secret_build_options_stay_secret(context: Path) -> None:
    checked, _ = check(imageName="i", build=Secret({"context": str(context)}))
    assert isinstance(checked["build"], Secret)
    assert "contextDigest" in checked["build"].value


@pytest.mark.parametrize("build", [UNKNOWN, {"context": UNKNOWN}, {"context": ".", "dockerfile": UNKNOWN}])
def test_what_is_not_known_yet_has_no_digest(build: Any) -> None:
    checked, failures = check(imageName="i", build=build)
    assert failures == {}
    assert build is UNKNOWN or "contextDigest" not in checked["build"]


def test_a_name_and_arguments_that_are_not_known_yet_pass_with_the_digest(context: Path) -> None:
    """As the official provider does: a preview shows which are known."""
    arguments = {"COMMIT": UNKNOWN, "BASE": "debian"}
    checked, failures = check(imageName=UNKNOWN, build={"context": str(context), "args": arguments})
    assert failures == {}
    assert checked["imageName"] is UNKNOWN
    assert checked["build"]["args"] == arguments
    assert checked["build"]["contextDigest"] == digest(context, context / "Dockerfile")


@pytest.mark.parametrize(
    ("inputs", "path", "said"),
    [
        ({"skipPush": False}, "skipPush", "pushes to no registry"),
        ({"buildOnPreview": True}, "buildOnPreview", "builds nothing during a preview"),
        ({"build": {"context": "no-such-folder"}}, "build.context", "is not a folder"),
        (
            {"build": {"context": "{context}", "dockerfile": "x"}},
            "build.dockerfile",
            "could not open dockerfile",
        ),
        (
            {"build": {"context": "{context}", "dockerfile": "source/main.c"}},
            "build.dockerfile",
            "Try setting",
        ),
    ],
)
def test_a_preview_refuses_what_cannot_be_built(
    context: Path, inputs: dict[str, Any], path: str, said: str
) -> None:
    build = {"context": "{context}", **inputs.get("build", {})}
    filled = {key: value.replace("{context}", str(context)) for key, value in build.items()}
    _, failures = check(**{"imageName": "i", **inputs, "build": filled})
    assert failures.keys() == {path}
    assert said in failures[path]


@pytest.mark.parametrize(
    ("change", "matters"),
    [
        (lambda folder: (folder / "source" / "main.c").write_text("int main();"), True),
        (lambda folder: (folder / "source" / "main.c").chmod(0o755), True),
        (lambda folder: (folder / "source" / "main.c").rename(folder / "source" / "other.c"), True),
        (lambda folder: (folder / "Dockerfile").write_text("FROM other\n"), True),
        (lambda folder: (folder / "link").symlink_to("source"), True),
        (lambda folder: (folder / "source" / "main.c").touch(), False),
        (lambda folder: (folder / "empty").mkdir(), False),
    ],
    ids=["content", "mode", "name", "Dockerfile", "link", "time", "empty folder"],
)
def test_the_digest_changes_with_what_a_build_can_read(context: Path, change: Any, matters: bool) -> None:
    before = digest(context, context / "Dockerfile")
    change(context)
    assert (digest(context, context / "Dockerfile") != before) is matters


@pytest.mark.parametrize("ignore", [".dockerignore", "Dockerfile.dockerignore"])
def test_ignored_files_do_not_matter(context: Path, ignore: str) -> None:
    (context / ignore).write_text("# notes\nnotes/*\n!notes/kept\n")
    (context / "notes").mkdir()
    (context / "notes" / "kept").write_text("1")
    before = digest(context, context / "Dockerfile")
    (context / "notes" / "draft").write_text("1")
    assert digest(context, context / "Dockerfile") == before
    (context / "notes" / "kept").write_text("2")
    assert digest(context, context / "Dockerfile") != before
