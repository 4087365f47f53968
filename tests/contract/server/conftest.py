"""The image, built as the stack builds it, and servers that several tests only ask."""

from collections.abc import Iterator

import pytest

from components.image.component import DOCKERFILES, ServerImageArgs, build_arguments, image_name
from sandbox.base_images import BOOKWORM_SLIM, ensure_debian
from sandbox.cache import cache_root
from sandbox.docker_cli import buildkit_cli
from sandbox.docker_engine import ensure_engine
from sandbox.llama_cpp.repository import BRANCH
from sandbox.llama_cpp.source import FORK, ensure_source
from sandbox.models.eurobert import TINY
from sandbox.models.library import ensure_eurobert_model, ensure_model
from sandbox.process import run
from tests.contract.server.running import Server, running
from tests.unit.project import PROJECT_DIRECTORY, stack_settings

BUILD_SECONDS = 1800.0


@pytest.fixture(scope="session")
def image() -> str:
    """Build the CPU image under the name that the stack gives it (8 minutes cold, 2 s warm)."""
    cache = cache_root()
    ensure_engine(cache, print)
    ensure_debian(cache, print, "bookworm", BOOKWORM_SLIM)
    source = ensure_source(cache, print, FORK, BRANCH)
    settings = stack_settings("cpu", llamaCppRepository=source.repository, llamaCppRef=source.ref)
    args = ServerImageArgs(device="cpu", settings=settings.image)
    name = image_name(args)
    options = [f"--build-arg={key}={value}" for key, value in build_arguments(args).items()]
    options += ["--network=host", "--progress=plain", f"--tag={name}"]
    options += [f"--file={PROJECT_DIRECTORY / DOCKERFILES['cpu']}"]
    run(
        [buildkit_cli(), "build", *options, PROJECT_DIRECTORY / "docker"],
        cache / "llama-server-test-image.log",
        env={"DOCKER_BUILDKIT": "1"},
        timeout=BUILD_SECONDS,
    )
    return name


@pytest.fixture(scope="session")
def twin(image: str) -> Iterator[Server]:
    """Run the demo's model: real semantics, 768 wide, pooled by mean."""
    model = ensure_model(cache_root(), print, "F16")
    with running(image, model, modelPooling="mean", modelName="minilm-twin") as server:
        server.wait_for("healthy")
        yield server


@pytest.fixture(scope="session")
def eurobert(image: str) -> Iterator[Server]:
    """Run a small EuroBERT with the stack's default settings."""
    with running(image, ensure_eurobert_model(cache_root(), print, "F16", TINY)) as server:
        server.wait_for("healthy")
        yield server
