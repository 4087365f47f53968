"""The programs that prepare and remove volumes, on the real engine: what they change and what they leave alone."""

import secrets
from collections.abc import Iterator

import pytest
from docker.client import DockerClient
from docker.errors import NotFound

from components.commands.volume_preparation import command
from components.commands.volume_removal import Removal, remove
from components.engine.docker_cli import run

pytestmark = pytest.mark.sandbox

OWNER = "1000:0"


@pytest.fixture
def volume() -> Iterator[str]:
    """Make a volume with a unique name; remove it afterwards, with all containers that use it."""
    engine = DockerClient.from_env()
    name = f"volume-test-{secrets.token_hex(4)}"
    engine.volumes.create(name)
    yield name
    for container in engine.containers.list(all=True, filters={"volume": name}):
        container.remove(force=True)
    try:
        engine.volumes.get(name).remove()
    except NotFound:
        return


def is_there(volume: str) -> bool:
    return volume in {one.name for one in DockerClient.from_env().volumes.list()}


def shell(image: str, volume: str, script: str) -> int:
    """Run a script as the node's user, with the volume at /v; return its exit code."""
    options = ["--rm", "--user", OWNER, "--volume", f"{volume}:/v", "--entrypoint", "sh"]
    return run(["docker", "run", *options, image, "-c", script]).returncode


def removal(volume: str, image: str, *, kept_unless_empty: bool) -> Removal:
    return Removal(volume=volume, image=image, kept_unless_empty=kept_unless_empty)


def test_the_node_may_write_to_a_prepared_volume_and_to_no_other(
    volume: str, elasticsearch_image: str
) -> None:
    assert shell(elasticsearch_image, volume, "touch /v/written") != 0

    prepared = run(command(volume, elasticsearch_image, OWNER))

    assert prepared.returncode == 0, prepared.stderr
    assert shell(elasticsearch_image, volume, "touch /v/written") == 0


@pytest.mark.parametrize("kept_unless_empty", [True, False])
def test_an_empty_volume_goes(volume: str, elasticsearch_image: str, kept_unless_empty: bool) -> None:
    said = remove(removal(volume, elasticsearch_image, kept_unless_empty=kept_unless_empty))
    assert said == f"Volume {volume} is gone."
    assert not is_there(volume)
    assert remove(removal(volume, elasticsearch_image, kept_unless_empty=kept_unless_empty)) == said


@pytest.mark.parametrize("image", ["", "no-such-image:1"])
def test_a_volume_that_is_not_empty_or_that_cant_be_looked_into_is_kept_and_named(
    volume: str, elasticsearch_image: str, image: str
) -> None:
    run(command(volume, elasticsearch_image, OWNER))
    shell(elasticsearch_image, volume, "touch /v/written")
    said = remove(removal(volume, image or elasticsearch_image, kept_unless_empty=True))
    assert f"docker volume rm {volume}" in said
    assert is_there(volume)

    remove(removal(volume, elasticsearch_image, kept_unless_empty=False))

    assert not is_there(volume)


def test_a_volume_that_a_container_uses_is_kept(volume: str, elasticsearch_image: str) -> None:
    engine = DockerClient.from_env()
    engine.containers.create(elasticsearch_image, volumes={volume: {"bind": "/v", "mode": "rw"}})
    said = remove(removal(volume, elasticsearch_image, kept_unless_empty=False))
    assert f"docker ps --all --filter volume={volume}" in said
    assert is_there(volume)
