"""Tests that the programs of an update build and remove images, on the real engine."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest
from docker.client import DockerClient
from docker.errors import ImageNotFound

from components.image.recipe import Recipe, full_name
from sandbox.docker.debian_images import BOOKWORM_SLIM, ensure_debian
from sandbox.docker.engine import ensure_engine
from sandbox.machine.cache import cache_root
from tests.fixtures.recording_proxy import recording_proxy
from tests.unit.project import PROJECT_DIRECTORY

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("engine")]

REPOSITORY = "jina-search-test/image-build"
OWNER = "image-build-test"
BASE = f"FROM {BOOKWORM_SLIM}\n"


@pytest.fixture(scope="module")
def engine() -> Iterator[DockerClient]:
    """Return the engine, and remove what the tests built."""
    cache = cache_root()
    ensure_engine(cache, print)
    ensure_debian(cache, print, "bookworm", BOOKWORM_SLIM)
    client = DockerClient.from_env()
    yield client
    for image in client.images.list(REPOSITORY):
        client.images.remove(image.id, force=True)


def environment(folder: Path, dockerfile: str, **changes: str) -> dict[str, str]:
    """Return the environment for a build of `dockerfile` that writes its log below `folder`."""
    (folder / "Dockerfile").write_text(dockerfile)
    return {
        **os.environ,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "IMAGE_BUILD_NAME": f"{REPOSITORY}:cpu-0123456789ab-{OWNER}",
        "IMAGE_BUILD_CONTEXT": str(folder),
        "IMAGE_BUILD_DOCKERFILE": str(folder / "Dockerfile"),
        "IMAGE_BUILD_ARGUMENTS": "{}",
        "IMAGE_BUILD_PLATFORM": "linux/amd64" if os.uname().machine == "x86_64" else "linux/arm64",
        "IMAGE_BUILD_NETWORK": "host",
        **changes,
    }


def run(program: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"components.commands.{program}"],
        cwd=PROJECT_DIRECTORY,
        env=dict(variables),
        capture_output=True,
        text=True,
        check=False,
    )


def built(variables: Mapping[str, str]) -> str:
    """Build the image; return the program's output, which is the image's id and nothing else."""
    done = run("image_build", variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_an_image_is_known_by_its_id_which_a_second_build_does_not_change(
    engine: DockerClient, tmp_path: Path
) -> None:
    variables = environment(tmp_path, f"{BASE}RUN echo once\n")
    identifier = built(variables)
    assert engine.images.get(variables["IMAGE_BUILD_NAME"]).id == identifier
    engine.images.remove(identifier, force=True)
    assert built(variables) == identifier


def test_a_build_that_fails_ends_with_the_compilers_words_and_names_the_whole_log(tmp_path: Path) -> None:
    noise = "for n in $(seq 100); do echo line $n; done"
    dockerfile = f"{BASE}RUN {noise}; echo 'llama.cpp:7: error: no such type' >&2; exit 3\n"
    done = run("image_build", environment(tmp_path, dockerfile))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "llama.cpp:7: error: no such type" in done.stderr
    assert "line 5\n" not in done.stderr
    log = tmp_path / "cache/jina-search/builds" / f"jina-search-test_image-build_cpu-0123456789ab-{OWNER}.log"
    assert f"All that it said is in {log}." in done.stderr
    assert "line 5\n" in log.read_text()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_build_ends_in_seconds_in_the_engine_too_and_leaves_no_image(
    engine: DockerClient, tmp_path: Path, how: signal.Signals
) -> None:
    variables = environment(tmp_path, f"{BASE}RUN sleep 321\n")
    variables["IMAGE_BUILD_NAME"] = f"{REPOSITORY}:cpu-ba9876543210-{OWNER}"
    process = subprocess.Popen(
        [sys.executable, "-m", "components.commands.image_build"],
        cwd=PROJECT_DIRECTORY,
        env=variables,
        stderr=subprocess.PIPE,
    )
    until = time.monotonic() + 30
    while not sleeping():
        assert time.monotonic() < until
        time.sleep(0.1)
    began = time.monotonic()
    process.send_signal(how)
    process.communicate(timeout=5)
    while sleeping():
        assert time.monotonic() - began < 5
        time.sleep(0.1)
    with pytest.raises(ImageNotFound):
        engine.images.get(variables["IMAGE_BUILD_NAME"])


def sleeping() -> bool:
    """Tell whether the process of the build's step, which the engine starts on this machine, is running."""
    found = subprocess.run(["pgrep", "--full", "--exact", "sleep 321"], capture_output=True, check=False)
    return found.returncode == 0


def test_a_build_reaches_what_only_a_proxy_reaches_and_the_image_does_not_show_it(
    engine: DockerClient, tmp_path: Path
) -> None:
    shutil.copy(PROJECT_DIRECTORY / "docker/install-packages.sh", tmp_path)
    # No name server knows the host, so no direct connection is possible. Layers of an earlier build must not be reused.
    dockerfile = (
        f"{BASE}RUN echo {uuid4()}\nRUN --mount=type=bind,source=install-packages.sh,target=/run/install-packages "
        "--mount=type=secret,id=apt-mirror sh /run/install-packages hello 2>&1 | tee /said || true\n"
    )
    mirror = "http://packages.invalid/mirror"
    with recording_proxy() as (proxies, seen):
        built(environment(tmp_path, dockerfile, IMAGE_BUILD_APT_MIRROR=mirror, **proxies))
    assert [line for line in seen if line.startswith(f"GET {mirror}/debian")], seen
    image = engine.images.get(f"{REPOSITORY}:cpu-0123456789ab-{OWNER}")
    shown = str(image.attrs) + str(image.history())
    assert proxies["HTTP_PROXY"] not in shown
    assert "packages.invalid" not in shown
    sources = engine.containers.run(image.id, ["sh", "-c", "cat /etc/apt/sources.list*; env"], remove=True)
    assert b"invalid" not in sources
    assert b"proxy" not in sources.lower()


def test_a_certificate_is_there_for_the_build_and_not_in_the_image(
    engine: DockerClient, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("a certificate")
    dockerfile = (
        f"{BASE}RUN echo {uuid4()}\nRUN --mount=type=secret,id=ca-certificate "
        'test "$(cat /run/secrets/ca-certificate)" = "a certificate"\n'
    )
    identifier = built(environment(tmp_path, dockerfile, IMAGE_BUILD_CA_CERTIFICATE=str(tmp_path / "ca.pem")))
    left = engine.containers.run(
        identifier, ["sh", "-c", "cat /run/secrets/* 2>/dev/null; true"], remove=True
    )
    assert left == b""


def test_a_certificate_that_is_not_there_is_named_by_its_setting(tmp_path: Path) -> None:
    done = run("image_build", environment(tmp_path, BASE, IMAGE_BUILD_CA_CERTIFICATE="/absent/ca.pem"))
    assert done.returncode == 1
    assert "imageBuildCaCertificate is /absent/ca.pem" in done.stderr


def test_the_stacks_images_go_but_those_that_a_container_uses_and_those_of_others(
    engine: DockerClient, tmp_path: Path
) -> None:
    used = built(environment(tmp_path, f"{BASE}RUN echo used\n"))
    container = engine.containers.create(used)
    others = f"{REPOSITORY}:cpu-0123456789ab-another-{OWNER}"
    former = f"{REPOSITORY}:proxy-0123456789ab-{OWNER}"
    for number, name in enumerate((others, former)):
        built({**environment(tmp_path, f"{BASE}RUN echo {number}\n"), "IMAGE_BUILD_NAME": name})

    removal = {**os.environ, "IMAGE_REMOVAL_OWNER": OWNER, "IMAGE_REMOVAL_UNUSED_ALONE": "true"}
    first = run("image_removal", removal)
    container.remove()
    second = run("image_removal", removal)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert f"Image {former} is gone." in first.stdout
    assert "is kept: a container uses it." in first.stdout
    assert second.stdout.splitlines() == [f"Image {REPOSITORY}:cpu-0123456789ab-{OWNER} is gone."]
    assert engine.images.get(others)


def test_a_stack_that_goes_gives_its_name_up_also_where_another_runs_the_same_image(
    engine: DockerClient, tmp_path: Path
) -> None:
    shared = built(environment(tmp_path, f"{BASE}RUN echo shared\n"))
    others = f"cpu-0123456789ab-neighbour-{OWNER}"
    engine.images.get(shared).tag(REPOSITORY, others)
    container = engine.containers.create(shared)
    try:
        gone = run("image_removal", {**os.environ, "IMAGE_REMOVAL_OWNER": OWNER})
        kept = run("image_removal", {**os.environ, "IMAGE_REMOVAL_OWNER": f"neighbour-{OWNER}"})
    finally:
        container.remove()
    assert gone.stdout.splitlines() == [f"Image {REPOSITORY}:cpu-0123456789ab-{OWNER} is gone."]
    assert kept.stdout.splitlines() == [f"Image {REPOSITORY}:{others} is kept: a container uses it."]


@pytest.mark.parametrize("dockerfile", ["docker/gateway/Dockerfile"])
def test_a_clone_under_another_umask_builds_files_that_the_images_user_can_read(
    engine: DockerClient, tmp_path: Path, dockerfile: str
) -> None:
    clone = tmp_path / "clone"
    shutil.copytree(PROJECT_DIRECTORY / "docker", clone / "docker")
    for path in clone.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    variables = environment(tmp_path, "")
    recipe = Recipe(
        image_name=REPOSITORY,
        owner=OWNER,
        kind="gateway",
        dockerfile=dockerfile,
        arguments={"BASE_IMAGE": BOOKWORM_SLIM},
        platform=variables["IMAGE_BUILD_PLATFORM"],
    )
    identifier = built(
        {
            **variables,
            "IMAGE_BUILD_NAME": full_name(recipe, clone),
            "IMAGE_BUILD_CONTEXT": str(clone / "docker"),
            "IMAGE_BUILD_DOCKERFILE": str(clone / dockerfile),
            "IMAGE_BUILD_ARGUMENTS": f'{{"BASE_IMAGE": "{BOOKWORM_SLIM}"}}',
        }
    )
    script = "test -x /usr/local/bin/use-server && test -r /opt/gateway/gateway/__main__.py && id -u"
    seen = engine.containers.run(identifier, ["-c", script], entrypoint="sh", remove=True)
    assert seen == b"10001\n"
