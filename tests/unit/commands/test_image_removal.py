"""Removal of a stack's images: whose they are, and which stay."""

import json

import pytest

from components.commands import image_removal
from components.errors import StackError
from tests.unit.docker_double import DockerDouble

OURS, THEIRS = "image:cpu-0123456789ab-me", "image:cpu-0123456789ab-them"


@pytest.fixture
def engine(docker: DockerDouble, monkeypatch: pytest.MonkeyPatch) -> DockerDouble:
    """Have an image of the stack and one of another on the engine, and a container that uses the former."""
    monkeypatch.setenv("IMAGE_REMOVAL_OWNER", "me")
    docker.says("image?ls*", f"{OURS} sha256:1\n{THEIRS} sha256:2\n")
    docker.says("ps*", "c1 c2")
    docker.says("inspect*", json.dumps([{"Image": "sha256:1"}]), code=0)
    return docker


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        ("Untagged", 0, f"Image {OURS} is gone."),
        ("Error: No such image", 1, f"Image {OURS} is gone."),
        ("conflict: unable to remove", 1, f"Image {OURS} is kept: a container uses it."),
    ],
)
def test_the_stacks_images_go_and_nobody_elses(engine: DockerDouble, said: str, code: int, told: str) -> None:
    engine.says("image?rm*", said, code)
    assert image_removal.work() == told


def test_an_image_in_use_is_not_touched_where_only_unused_ones_go(
    engine: DockerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGE_REMOVAL_UNUSED_ALONE", "true")
    assert image_removal.work() == f"Image {OURS} is kept: a container uses it."
    assert not [line for line in engine.asked if "image rm" in line]


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("owner", "told"),
    [("me", f"Image {OURS} could not be removed: unexpected"), (" ", "make clean-images STACK_ID=ID")],
)
def test_what_can_not_be_removed_is_told(monkeypatch: pytest.MonkeyPatch, owner: str, told: str) -> None:
    monkeypatch.setenv("IMAGE_REMOVAL_OWNER", owner)
    with pytest.raises(StackError, match=told):
        image_removal.work()


@pytest.mark.usefixtures("docker")
def test_images_that_can_not_be_listed_are_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGE_REMOVAL_OWNER", "me")
    with pytest.raises(StackError, match="unexpected: image ls"):
        image_removal.work()
