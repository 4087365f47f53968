"""Smaller quantisations of a model, made by llama-quantize from its F16 file."""

import os
from hashlib import sha256
from pathlib import Path

from docker.client import DockerClient
from docker.errors import ContainerError, DockerException

from components.errors import StackError
from components.image.source_commit import find_commit
from components.say import Say
from components.settings.quantisations import QUANTS
from sandbox.docker.cli import buildkit_cli
from sandbox.docker.debian_images import BOOKWORM_SLIM, ensure_base_image
from sandbox.docker.engine import ensure_engine
from sandbox.docker.images import held
from sandbox.errors import SandboxError
from sandbox.llama_cpp.repository import BRANCH
from sandbox.llama_cpp.source import FORK, LlamaCppSource, ensure_source
from sandbox.machine.cache import entry
from sandbox.machine.process import run

PROJECT = Path(__file__).resolve().parents[2]
CONTEXT = PROJECT / "docker"
DOCKERFILE = CONTEXT / "Dockerfile"
TARGET = "quantize"

IMAGE = "jina-search/llama-quantize"
BUILD_SECONDS = 3600.0
RUN_SECONDS = 600


def ensure_quantised(cache: Path, say: Say, source: Path, quant: str) -> Path:
    """Return the file of the model `source` (F16) in `quant`, making it when there is none (5 s with the tool).

    The tool is built from the same source, by the same Dockerfile and in the same layers as the server's image:
    whichever of the two is built second takes seconds.

    Raises SandboxError when `quant` is unknown, the tool cannot be built, or refuses the model.
    """
    if quant not in QUANTS:
        raise SandboxError(f"No quantisation is called {quant}. It is one of {', '.join(QUANTS)}.")
    if quant == "F16":
        return source
    name = source.name.replace("F16", quant)

    def build(folder: Path) -> None:
        image = _ensure_tool(cache, say)
        say(f"quantising {source.name} to {quant} (about 5 s)")
        _quantise(image, source, folder / name, quant)

    return entry(cache, f"{source.parent.relative_to(cache)}-{quant}", build) / name


def build_arguments(source: LlamaCppSource, commit: str) -> dict[str, str]:
    """Return the build arguments of the tool: those of the server's image that decide the layers that both share."""
    return {
        "LLAMA_CPP_REPOSITORY": source.repository,
        "LLAMA_CPP_REF": commit,
        "BASE_IMAGE": BOOKWORM_SLIM,
    }


def _ensure_tool(cache: Path, say: Say) -> str:
    """Return the name of an image with llama-quantize, building it when the engine holds none."""
    ensure_engine(cache, say)
    source = ensure_source(cache, say, FORK, BRANCH)
    try:
        commit = find_commit(source.repository, source.ref)
    except StackError as error:
        raise SandboxError(str(error)) from error
    arguments = build_arguments(source, commit)
    image = f"{IMAGE}:{sha256(repr(arguments).encode()).hexdigest()[:12]}"
    if held(image) is not None:
        return image
    ensure_base_image(cache, say)
    say("building llama-quantize (seconds after the server's image, else some 10 minutes on 2 cores)")
    options = [f"--build-arg={key}={value}" for key, value in arguments.items()]
    options += ["--network=host", "--progress=plain", f"--target={TARGET}", f"--tag={image}"]
    run(
        [buildkit_cli(), "build", *options, "--file", DOCKERFILE, CONTEXT],
        cache / "llama-quantize.log",
        env={"DOCKER_BUILDKIT": "1"},
        timeout=BUILD_SECONDS,
    )
    return image


def _quantise(image: str, source: Path, target: Path, quant: str) -> None:
    """Run the tool in a container that sees the two folders alone, as the user of this process."""
    volumes = {
        str(source.parent): {"bind": "/from", "mode": "ro"},
        str(target.parent): {"bind": "/to", "mode": "rw"},
    }
    try:
        DockerClient.from_env(timeout=RUN_SECONDS).containers.run(
            image,
            [f"/from/{source.name}", f"/to/{target.name}", quant],
            volumes=volumes,
            user=f"{os.getuid()}:{os.getgid()}",
            network_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            remove=True,
            stderr=True,
        )
    except ContainerError as error:
        said = error.stderr.decode(errors="replace") if isinstance(error.stderr, bytes) else str(error.stderr)
        tail = "\n".join(said.splitlines()[-10:])
        raise SandboxError(
            f"llama-quantize does not make {quant} of {source}; its last lines:\n{tail}"
        ) from error
    except DockerException as error:
        raise SandboxError(f"The docker engine did not run llama-quantize: {error}") from error
