"""A secret in a volume: only the user of its container can read it, and nothing that the engine shows contains it."""

import secrets
from collections.abc import Iterator

import pytest
from docker.client import DockerClient

from components.commands.secret_delivery import Delivery, deliver
from components.engine.docker_cli import run
from components.program.errors import DeliveryError

pytestmark = pytest.mark.sandbox

OWNER = "1000:0"
WORD = 'a word\' with "all" $kinds of \\ signs'


@pytest.fixture
def volume() -> Iterator[str]:
    engine = DockerClient.from_env()
    name = f"secret-delivery-test-{secrets.token_hex(4)}"
    engine.volumes.create(name)
    yield name
    engine.volumes.get(name).remove()
    engine.close()


def delivery(volume: str, image: str, content: str = WORD, before: str = "", owner: str = OWNER) -> Delivery:
    return Delivery(volume=volume, image=image, owner=owner, before=before, content=content)


def seen(volume: str, image: str, script: str, user: str = OWNER) -> tuple[int, str]:
    """Run a script as a user without capabilities, with the volume at /v; return its exit code and its output."""
    options = [
        "--rm",
        "--user",
        user,
        "--cap-drop",
        "ALL",
        "--volume",
        f"{volume}:/v:ro",
        "--entrypoint",
        "sh",
    ]
    done = run(["docker", "run", *options, image, "-c", script], merge=True)
    return done.returncode, done.stdout.decode().rstrip("\n")


def test_its_reader_and_nobody_else_reads_it(volume: str, elasticsearch_image: str) -> None:
    name = deliver(delivery(volume, elasticsearch_image))

    assert seen(volume, elasticsearch_image, f"cat /v/{name}") == (0, WORD)
    assert seen(volume, elasticsearch_image, f"stat -c %a:%u:%g /v/{name}") == (0, "400:1000:0")
    assert seen(volume, elasticsearch_image, f"cat /v/{name}", user="1001:1001")[0] != 0


def test_without_an_owner_it_is_the_images_own_user(volume: str, server_image: str) -> None:
    name = deliver(delivery(volume, server_image, owner=""))

    assert seen(volume, server_image, f"stat -c %u:%g /v/{name}", user="10001:10001") == (0, "10001:10001")


def test_the_same_secret_keeps_its_file_and_another_one_leaves_that_of_a_container_that_runs(
    volume: str, elasticsearch_image: str
) -> None:
    first = deliver(delivery(volume, elasticsearch_image))
    assert deliver(delivery(volume, elasticsearch_image, before=first)) == first

    second = deliver(delivery(volume, elasticsearch_image, "another", before=first))
    assert second != first
    assert seen(volume, elasticsearch_image, f"cat /v/{first} && cat /v/{second}") == (0, f"{WORD}another")

    third = deliver(delivery(volume, elasticsearch_image, "a third", before=second))
    assert seen(volume, elasticsearch_image, "ls -A /v")[1].split() == sorted([second, third])


def test_what_a_container_is_told_of_stays_also_after_updates_that_failed(
    volume: str, elasticsearch_image: str
) -> None:
    first = deliver(delivery(volume, elasticsearch_image))
    serving = DockerClient.from_env().containers.create(
        elasticsearch_image, ["--api-key-file", f"/v/{first}"], volumes=[f"{volume}:/v:ro"]
    )
    try:
        second = deliver(delivery(volume, elasticsearch_image, "another", before=first))
        third = deliver(delivery(volume, elasticsearch_image, "a third", before=second))
        fourth = deliver(delivery(volume, elasticsearch_image, "a fourth", before=third))
        left = seen(volume, elasticsearch_image, "ls -A /v")[1].split()
    finally:
        serving.remove()

    assert left == sorted([first, third, fourth])


def test_no_process_has_it_among_its_arguments(elasticsearch_image: str) -> None:
    assert WORD not in str(delivery("a-volume", elasticsearch_image).command(OWNER, "secret-1", []))
    assert WORD not in repr(delivery("a-volume", elasticsearch_image))


def test_what_the_engine_says_of_a_failure_is_told_and_the_secret_is_not(
    volume: str, elasticsearch_image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(DeliveryError, match=r"(?s)127\.0\.0\.1:1.*pulumi up") as raised:
        deliver(delivery(volume, elasticsearch_image))
    assert WORD not in str(raised.value)
