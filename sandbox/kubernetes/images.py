"""The images that a cluster of the sandbox itself runs on: that of its machines, and those of its own pods."""

import shutil
import tempfile
from hashlib import sha256
from pathlib import Path

from docker.client import DockerClient

from components.say import Say
from sandbox.docker.cli import buildkit_cli
from sandbox.docker.debian_images import BOOKWORM_SLIM, ensure_base_image
from sandbox.docker.images import held
from sandbox.errors import SandboxError
from sandbox.kubernetes.binaries import Binaries
from sandbox.machine.process import run

NODE_FOLDER = Path(__file__).parent / "node"
BUILD_SECONDS = 900

OWN_PODS = {"pause": "pause:1", "coredns": "coredns:1"}
"""Programs that are all there is in an image, and the image's name in the registry of a cluster."""


def ensure_node_image(cache: Path, say: Say) -> str:
    """Return the name of the image of a cluster's machines, building it when the engine has none (a minute).

    Raises SandboxError when the engine does not answer, or the build fails.
    """
    digest = sha256(BOOKWORM_SLIM.encode())
    for file in sorted(NODE_FOLDER.iterdir()):
        digest.update(f"\0{file.name}\0".encode() + file.read_bytes())
    image = f"jina-search/kubernetes-node:{digest.hexdigest()[:12]}"
    if held(image) is None:
        ensure_base_image(cache, say)
        say("building the image of a cluster's machines: Debian's containerd and runc (about a minute)")
        run(
            [buildkit_cli(), "build", "--network=host", f"--tag={image}", NODE_FOLDER],
            cache / "kubernetes-node-image.log",
            env={"DOCKER_BUILDKIT": "1"},
            timeout=BUILD_SECONDS,
        )
    return image


def push_own_pods(binaries: Binaries, registry: str, log: Path) -> None:
    """Put the images of a cluster's own pods into its registry at `registry`, an address of this machine."""
    for program, name in OWN_PODS.items():
        image = f"{registry}/{name}"
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(binaries.program(program), Path(folder) / program)
            recipe = f'FROM scratch\nCOPY {program} /{program}\nENTRYPOINT ["/{program}"]\n'
            (Path(folder) / "Dockerfile").write_text(recipe)
            run([buildkit_cli(), "build", f"--tag={image}", folder], log, env={"DOCKER_BUILDKIT": "1"})
        push(image, log)
        DockerClient.from_env().images.remove(image)


def push_as(image: str, name: str, log: Path) -> None:
    """Push an image that the engine holds under another name, which it has there for no longer than that."""
    found = held(image)
    if found is None:
        raise SandboxError(f"The docker engine holds no {image}: `make prepare` makes it.")
    found.tag(name)
    push(name, log)
    DockerClient.from_env().images.remove(name, noprune=True)


def push(image: str, log: Path) -> None:
    """Push an image that the engine holds by the name `image`, which begins with the registry's address."""
    run(["docker", "push", "--quiet", image], log)
