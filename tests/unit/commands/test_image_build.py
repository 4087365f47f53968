"""The command that builds an image: what it is told, and which `docker` is taken."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from components.commands import image_build
from components.commands.image_build import Build, build_command, describe_failure
from components.commands.image_removal import KINDS, Removal, is_of
from components.image.build_cli import BuildCli, NoBuildKitError, find_build_cli
from components.image.build_proxies import proxy_variables
from tests.unit.docker_double import DockerDouble

BUILD = Build(
    name="image:tag",
    context="docker",
    dockerfile="docker/Dockerfile",
    arguments={"B": "two words", "A": "1"},
    platform="linux/amd64",
    network="host",
    ca_certificate="",
    apt_mirror="",
)


@pytest.mark.parametrize("buildx", [False, True])
def test_everything_that_is_set_is_handed_over(buildx: bool) -> None:
    command = build_command(BuildCli("/usr/bin/docker", buildx), BUILD, {}, {})
    assert command == [
        "/usr/bin/docker",
        "build",
        "--progress=plain",
        "--tag=image:tag",
        "--file=docker/Dockerfile",
        "--platform=linux/amd64",
        "--network=host",
        "--build-arg=A=1",
        "--build-arg=B=two words",
        *(["--load"] if buildx else []),
        "docker",
    ]


def test_what_may_hold_a_password_is_in_no_process_list() -> None:
    proxies = {"HTTPS_PROXY": "http://user:pass-word@proxy:3128"}
    command = build_command(
        BuildCli("docker", False), BUILD, proxies, {"ca-certificate": Path("/tmp/ca.pem")}
    )
    assert "--build-arg=HTTPS_PROXY" in command
    assert "--secret=id=ca-certificate,src=/tmp/ca.pem" in command
    assert "pass-word" not in str(command)


def test_a_build_for_a_platform_that_the_engine_cannot_run_names_the_setting() -> None:
    told = describe_failure(BUILD, 1, ["exec /bin/sh: exec format error"], Path("/cache/image.log"))
    assert told.startswith(
        "The build of image:tag failed with exit code 1. The engine can't run programs of linux/amd64"
    )
    assert "imagePlatform" in told
    assert "All that it said is in /cache/image.log." in told


@pytest.mark.parametrize(
    ("environment", "passed_on"),
    [
        ({}, {}),
        ({"HTTP_PROXY": "http://p:1"}, {"HTTP_PROXY": "http://p:1", "http_proxy": "http://p:1"}),
        ({"no_proxy": "localhost"}, {"NO_PROXY": "localhost", "no_proxy": "localhost"}),
        ({"HTTPS_PROXY": ""}, {}),
    ],
    ids=str,
)
def test_proxies_of_the_environment_are_passed_on_in_both_spellings(
    environment: dict[str, str], passed_on: dict[str, str], tmp_path: Path
) -> None:
    assert proxy_variables({"HOME": str(tmp_path), **environment}) == passed_on


@pytest.mark.parametrize(
    ("config", "left_to_docker"),
    [
        ({"proxies": {"default": {"httpProxy": "http://q:1"}}}, True),
        ({"proxies": {"tcp://here": {"httpsProxy": "http://q:1"}}}, True),
        ({"proxies": {"tcp://elsewhere": {"httpProxy": "http://q:1"}}}, False),
        ({"proxies": {"default": {"noProxy": "localhost"}}}, False),
        ({"proxies": {"default": {}}}, False),
        ({"proxies": []}, False),
        ({"auths": {}}, False),
        ([], False),
    ],
    ids=str,
)
def test_proxies_of_dockers_own_configuration_come_first(
    config: object, left_to_docker: bool, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    found = proxy_variables(
        {"DOCKER_CONFIG": str(tmp_path), "DOCKER_HOST": "tcp://here", "HTTP_PROXY": "http://p:1"}
    )
    assert (found == {}) is left_to_docker


@pytest.mark.parametrize(
    ("tag", "is_ours"),
    [
        ("cpu-0123456789ab-stack-1", True),
        ("cuda-0123456789ab-stack-1", True),
        ("gateway-0123456789ab-stack-1", True),
        ("proxy-0123456789ab-stack-1", True),
        ("cpu-0123456789ab-other-stack-1", False),
        ("cpu-0123456789ab-stack-12", False),
        ("cpu-0123456789ab", False),
        ("server-0123456789ab-stack-1", False),
        ("latest", False),
        ("<none>", False),
    ],
)
def test_an_image_is_the_stacks_by_the_whole_of_its_id(tag: str, is_ours: bool) -> None:
    assert is_of(tag, Removal("stack-1", KINDS, unused_alone=False)) is is_ours


def test_the_server_gives_up_its_own_kinds_alone() -> None:
    removal = Removal("stack-1", ("cpu", "cuda"), unused_alone=False)
    assert is_of("cpu-0123456789ab-stack-1", removal)
    assert not is_of("gateway-0123456789ab-stack-1", removal)


@pytest.fixture
def told(docker: DockerDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the environment of a build by a `docker` with BuildKit."""
    docker.says("--version", "Docker version 20.10.24, build 1")
    monkeypatch.setattr(image_build, "TOLD_EVERY", 0.0)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "DOCKER_CONFIG": str(tmp_path)}


def test_a_build_tells_its_lines_and_the_images_id(docker: DockerDouble, told: dict[str, str]) -> None:
    docker.says("build*", "one\ntwo\n")
    docker.says("image?inspect*image:tag", "sha256:1")
    said: list[str] = []
    assert image_build.build(replace(BUILD, apt_mirror="http://mirror"), told, said.append) == "sha256:1"
    assert said == ["one", "two"]
    assert "--secret=id=apt-mirror" in docker.asked[1]


@pytest.mark.parametrize(
    ("certificate", "said"),
    [("", "failed with exit code 3.*(?s:.*)no such type"), ("/absent.pem", "imageBuildCaCertificate")],
)
def test_a_build_that_fails_is_told(
    docker: DockerDouble, told: dict[str, str], certificate: str, said: str
) -> None:
    docker.says("build*", "error: no such type", 3)
    with pytest.raises(image_build.BuildError, match=said):
        image_build.build(replace(BUILD, ca_certificate=certificate), told, print)


def test_dockers_configuration_is_read_for_the_engine_that_is_asked(
    docker: DockerDouble, told: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody names an engine, that is the usual socket."""
    monkeypatch.setattr("components.engine.address.SYSTEM_SOCKET", str(tmp_path / "docker.sock"))
    proxies = {f"unix://{tmp_path}/docker.sock": {"httpProxy": "http://q:1"}}
    (tmp_path / "config.json").write_text(json.dumps({"proxies": proxies}))
    docker.says("build*")
    docker.says("image*", "sha256:1")
    image_build.build(BUILD, {**told, "HTTP_PROXY": "http://p:1", "HOME": str(tmp_path)}, print)
    assert "HTTP_PROXY" not in docker.asked[1]


@pytest.mark.parametrize(
    ("version", "buildx", "found"),
    [
        ("Docker version 20.10.24", 1, BuildCli("docker", buildx=False)),
        ("Docker version 27.1.0", 0, BuildCli("docker", buildx=True)),
        ("Docker version 27.1.0", 1, None),
        ("podman", 0, None),
    ],
)
def test_a_docker_is_taken_that_builds_with_buildkit(
    docker: DockerDouble, tmp_path: Path, version: str, buildx: int, found: BuildCli | None
) -> None:
    docker.says("--version", version)
    docker.says("buildx*", "github.com/docker/buildx", buildx)
    folder = tmp_path / "docker-double"
    if found:
        assert find_build_cli(str(folder)) == replace(found, program=str(folder / "docker"))
    else:
        with pytest.raises(
            NoBuildKitError, match=rf"without the buildx plugin: {folder}/docker \({version}\)"
        ):
            find_build_cli(f"{folder}:{folder}:/absent")
