"""Proves, before the server is replaced, that the Docker engine can give its image a GPU.

Run as `python3 -m components.commands.gpu_check` with its settings in the environment. Without this check an image
whose driver is missing would compute on the CPU in silence. Uses the standard library alone.
"""

from __future__ import annotations

import os
import subprocess
import sys

from components.commands.stopping import end_with_parent, run_until_stopped

TIMEOUT = 120

NO_TOOLKIT = """The Docker engine cannot give a container an NVIDIA GPU: {said}
Install the NVIDIA driver and the NVIDIA Container Toolkit (package nvidia-container-toolkit) on the engine's machine:
  https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html
then run `sudo nvidia-ctk runtime configure --runtime=docker`, restart Docker, and run `pulumi up` again.
Without an NVIDIA GPU, use the cpu stack: pulumi up -s cpu"""

NO_ENGINE = """The Docker engine does not answer, so whether it has a GPU is not known: {said}
Start it, or correct its address (DOCKER_HOST, or the setting docker:host), and run `pulumi up` again."""

NO_SUCH_GPU = """The Docker engine's machine has no such GPU as serverGpus asks for: {said}
`nvidia-smi -L` there lists its GPUs: set serverGpus to all, to a count that it has, or to UUIDs of its list."""

NO_DEVICE = """llama-server in image {image} sees no CUDA device and would compute on the CPU in silence. It lists:
{said}
Check that `nvidia-smi` works on the engine's machine, and that its driver supports the CUDA version of the image."""


class CheckError(Exception):
    """No GPU for the server; the message says why, and what to do."""


def command(image: str, gpus: str) -> list[str]:
    """Return the command that lists the devices which llama-server sees in a container with `gpus`."""
    chosen = f"count={gpus}" if gpus == "all" or gpus.isdigit() else f'"device={gpus}"'
    # The same request as the server's container makes, to the same driver; the image's entry point is the server.
    wanted = f"driver=nvidia,{chosen}"
    return ["docker", "run", "--rm", "--network", "none", "--gpus", wanted, image, "--list-devices"]


def verify(image: str, returncode: int, output: str) -> str:
    """Return the device that was seen; raise CheckError when there is none."""
    said = output.strip()
    if returncode != 0:
        raise CheckError(_refusal(said).format(said=said[-1000:]))
    devices = [line.strip() for line in said.splitlines() if line.strip().startswith("CUDA")]
    if not devices:
        raise CheckError(NO_DEVICE.format(image=image, said=said[-1000:]))
    return "\n".join(devices)


def _refusal(said: str) -> str:
    """Return the message for a container that did not start: what else it may lack is the toolkit."""
    if any(sign in said for sign in ("Cannot connect to the Docker daemon", "error during connect")):
        return NO_ENGINE
    return NO_SUCH_GPU if "unknown device" in said else NO_TOOLKIT


def main() -> int:
    """Run the check that the environment describes; return the exit code."""
    image = os.environ["GPU_CHECK_IMAGE"]
    try:
        done = subprocess.run(
            command(image, os.environ["GPU_CHECK_GPUS"]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
            check=False,
            text=True,
            preexec_fn=end_with_parent,
        )
        print(verify(image, done.returncode, done.stdout))
    except FileNotFoundError:
        print("The `docker` command is not installed, and the GPU stack needs it.", file=sys.stderr)
        return 1
    except subprocess.TimeoutExpired:
        print(f"Docker did not list the GPUs of image {image} within {TIMEOUT} s.", file=sys.stderr)
        return 1
    except CheckError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(run_until_stopped(main))
