"""The program that pushes an image: by which name it is pulled then, and what is said where it can't be pushed."""

import pytest

from components.commands.image_push import PushError, push
from tests.unit.docker_double import DockerDouble

DIGEST, OLDER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
REPOSITORY = "registry.test:5000/team/mine"
NAME = f"{REPOSITORY}:gateway-1"
ID = f"sha256:{'c' * 64}"


def pushed() -> str:
    return push(ID, NAME, lambda _: None)


def test_what_is_pushed_is_named_by_the_digest_that_the_push_tells(docker: DockerDouble) -> None:
    docker.says("tag*")
    docker.says("push*", f"1a2b: Pushed\ngateway-1: digest: {DIGEST} size: 1234\n")
    assert pushed() == f"{REPOSITORY}@{DIGEST}"
    assert [line.strip() for line in docker.asked] == [f"tag {ID} {NAME}", f"push {NAME}"]


def test_where_the_push_tells_no_digest_the_engine_is_asked_for_that_of_this_registry(
    docker: DockerDouble,
) -> None:
    docker.says("tag*")
    docker.says("push*", "done")
    docker.says("image*", f"other.test/team/mine@{OLDER}\n{REPOSITORY}@{DIGEST}\n")
    assert pushed() == f"{REPOSITORY}@{DIGEST}"


def test_a_digest_that_nobody_tells_is_an_error(docker: DockerDouble) -> None:
    docker.says("tag*")
    docker.says("push*", "done")
    docker.says("image*", f"other.test/team/mine@{OLDER}\n")
    with pytest.raises(PushError, match="pull it once on the engine"):
        pushed()


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ('Get "https://x/v2/": http: server gave HTTP response to HTTPS client', "insecure-registries"),
        ("tls: failed to verify certificate: x509: unknown authority", "certs.d/registry.test:5000/ca.crt"),
        ("no basic auth credentials", "docker login registry.test:5000"),
        ("unauthorized: authentication required", "docker login registry.test:5000"),
        ("denied: requested access to the resource is denied", "may not push there"),
        ("name unknown: The repository with name 'mine' does not exist", "create it there"),
        ("dial tcp: lookup registry.test: no such host", "does not reach it"),
        ("dial tcp 127.0.0.1:5000: connect: connection refused", "does not reach it"),
        ("error parsing HTTP 413 response body: Request Entity Too Large", "raise its limit"),
        ("something else", "Correct imageRegistry"),
    ],
)
def test_a_push_that_fails_is_explained(docker: DockerDouble, said: str, advice: str) -> None:
    docker.says("tag*")
    docker.says("push*", f"The push refers to repository [{REPOSITORY}]\n1a2b: Waiting\n{said}\n", 1)
    with pytest.raises(PushError) as raised:
        pushed()
    assert str(raised.value).startswith(f"The image {NAME} could not be pushed. ")
    assert advice in str(raised.value)
    assert said in str(raised.value)


def test_a_name_that_is_none_is_told_by_its_setting(docker: DockerDouble) -> None:
    docker.says(
        "tag*", 'Error parsing reference: "X" is not a valid repository/tag: invalid reference format', 1
    )
    with pytest.raises(PushError, match="correct imageRegistry"):
        pushed()
