"""Proves, before the server is replaced, that the Docker engine can give its image a GPU.

Run as `python3 -m components.commands.gpu_check` with its settings in the environment. Without this check an image
whose driver is missing would silently compute on the CPU, and one that is not compiled for the GPU would crash at its
first request.
"""

from __future__ import annotations

import os
import re
import sys

from components.engine.docker_cli import run
from components.program.entry import run_to_end
from components.program.errors import CheckError

TIMEOUT = 120

SEEN = r"Device \d+: (.+?), compute capability (\d+)\.(\d+)"
"""How llama-server tells of a GPU when it starts (ggml_cuda_init of ggml-cuda.cu)."""

NO_TOOLKIT = """The Docker engine cannot give a container an NVIDIA GPU: {said}
Install the NVIDIA driver and the NVIDIA Container Toolkit (package nvidia-container-toolkit) on the engine's machine:
  https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html
then run `sudo nvidia-ctk runtime configure --runtime=docker`, restart Docker, and run `pulumi up` again.
Without an NVIDIA GPU, use the cpu stack: pulumi up -s cpu"""

OLD_DRIVER = """The NVIDIA driver of the Docker engine's machine is older than the image needs: {said}
Update the driver there, or build the image on a CUDA version that the driver supports (`nvidia-smi` shows it), such as
  pulumi config set imageCudaDevelBase nvidia/cuda:12.4.1-devel-ubuntu22.04
  pulumi config set imageCudaRuntimeBase nvidia/cuda:12.4.1-runtime-ubuntu22.04"""

NO_ENGINE = """The Docker engine does not answer, so whether it has a GPU is not known: {said}
Start it, or correct its address (DOCKER_HOST, or the setting docker:host), and run `pulumi up` again."""

NO_SUCH_GPU = """The Docker engine's machine has no such GPU as serverGpus asks for: {said}
`nvidia-smi -L` there lists its GPUs: set serverGpus to all, to a count that it has, or to UUIDs of its list."""

NO_DEVICE = """llama-server in image {image} sees no CUDA device and would compute on the CPU in silence. It lists:
{said}
Check that `nvidia-smi` works on the engine's machine, and that its driver supports the CUDA version of the image."""

NOT_COMPILED = """{gpu} has compute capability {capability}, and the image is not compiled for it, but for {compiled}.
Have it compiled for this GPU too: pulumi config set imageCudaArchitectures '{wanted}'
(CUDA 12 compiles for 5.0 and newer, CUDA 13 for 7.5 and newer), or choose other GPUs with serverGpus."""


def command(image: str, gpus: str) -> list[str]:
    """Return the command that lists the devices which llama-server sees in a container with `gpus`."""
    chosen = f"count={gpus}" if gpus == "all" or gpus.isdigit() else f'"device={gpus}"'
    # The same request as the server's container makes, to the same driver; the image's entry point is the server.
    wanted = f"driver=nvidia,{chosen}"
    return ["docker", "run", "--rm", "--network", "none", "--gpus", wanted, image, "--list-devices"]


def verify(image: str, architectures: str, returncode: int, output: str) -> str:
    """Return the devices that were seen; raise CheckError when there are none, or one that the image can't use.

    `architectures` are those that the image is compiled for, separated by semicolons, empty if unknown.
    """
    said = output.strip()
    if returncode != 0:
        raise CheckError(_refusal(said).format(said=said[-1000:]))
    devices = [line.strip() for line in said.splitlines() if line.strip().startswith("CUDA")]
    if not devices:
        raise CheckError(NO_DEVICE.format(image=image, said=said[-1000:]))
    for gpu, major, minor in re.findall(SEEN, said):
        if architectures and not runs(architectures, int(major), int(minor)):
            raise CheckError(
                NOT_COMPILED.format(
                    gpu=gpu,
                    capability=f"{major}.{minor}",
                    compiled=architectures,
                    wanted=f"{major}{minor};{architectures}",
                )
            )
    return "\n".join(devices)


def runs(architectures: str, major: int, minor: int) -> bool:
    """Tell whether code for `architectures` runs on a GPU of the compute capability major.minor.

    Code for a plain one, such as 80, comes also in a form that the driver compiles for every newer GPU; 90a is for that
    very GPU, 100f for its family (NVIDIA's guide to nvcc, GPU compilation).
    """
    capability = 10 * major + minor
    for one in architectures.split(";"):
        number = int(one.rstrip("af"))
        if one.endswith("a"):
            fits = capability == number
        elif one.endswith("f"):
            fits = number // 10 == major and number <= capability
        else:
            fits = number <= capability
        if fits:
            return True
    return False


def _refusal(said: str) -> str:
    """Return the message for a container that did not start: the toolkit may be missing."""
    if any(sign in said for sign in ("Cannot connect to the Docker daemon", "error during connect")):
        return NO_ENGINE
    if "unsatisfied condition: cuda" in said:
        return OLD_DRIVER
    return NO_SUCH_GPU if "unknown device" in said else NO_TOOLKIT


def work() -> str:
    """Run the check that the environment describes; return the devices that were seen."""
    image, gpus = os.environ["GPU_CHECK_IMAGE"], os.environ["GPU_CHECK_GPUS"]
    done = run(command(image, gpus), seconds=TIMEOUT, merge=True)
    output = done.stdout.decode(errors="replace")
    return verify(image, os.environ["GPU_CHECK_ARCHITECTURES"], done.returncode, output)


if __name__ == "__main__":
    sys.exit(run_to_end(work))
