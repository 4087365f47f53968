"""`docker.Image`: an image built from a Dockerfile (pulumi-docker, provider/provider.go and image.go).

The program builds its images with the docker command. Earlier versions of it declared this, and tests run those.
"""

import os
import subprocess
from pathlib import Path
from typing import Any

from sandbox.docker.cli import buildkit_cli
from sandbox.errors import SandboxError
from sandbox.providers.checking import Failure
from sandbox.providers.docker.engine import EngineResource, engine_errors
from sandbox.providers.resource import Created, Live, Operation, ProviderError, named
from sandbox.providers.values import Properties, plain

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
BUILDKIT = "BuilderBuildKit"


class Image(EngineResource):
    """An image that is built and kept locally. Its id is its name, and a change builds it again in place."""

    token = "docker:index/image:Image"  # noqa: S105 (a type, not a secret)
    implemented = named(
        # The SDK itself sets buildOnPreview, to False.
        "imageName skipPush buildOnPreview build",
        build="context dockerfile builderVersion network args",
    )
    updatable = frozenset({"imageName", "build", "buildOnPreview", "skipPush"})
    recomputed = True

    def check(self, inputs: Properties, operation: Operation) -> tuple[Properties, list[Failure]]:
        found = []
        if inputs.get("skipPush", False) is False:
            found.append(
                Failure("skipPush", "the docker stand-in pushes to no registry: set skip_push to True")
            )
        if inputs.get("buildOnPreview"):
            found.append(Failure("buildOnPreview", "the docker stand-in builds nothing in a preview"))
        if plain(inputs)["build"].get("builderVersion", BUILDKIT) != BUILDKIT:
            found.append(Failure("build.builderVersion", "the docker stand-in builds with BuildKit alone"))
        return inputs, found

    def create(self, inputs: Properties, operation: Operation) -> Created:
        machine = os.uname().machine
        platform = f"linux/{ARCHITECTURES.get(machine, machine)}"
        name, options = inputs["imageName"], {"context": ".", **inputs["build"]}
        options.setdefault("dockerfile", str(Path(options["context"]) / "Dockerfile"))
        _build(name, options, platform, self.engine.host)
        with engine_errors(f"unable to find the image {name} after its build"):
            image: dict[str, Any] = self.engine.api.inspect_image(name)
        outputs = {
            "dockerfile": os.path.relpath(
                Path(options["dockerfile"]).resolve(), Path(options["context"]).resolve()
            ),
            "context": options["context"],
            "baseImageName": name,
            "registryServer": "",
            "platform": platform,
            # With skip_push the official provider gives the local image's id.
            "repoDigest": image["Id"],
        }
        return Created(name, outputs)

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:
        """Return the state: the official provider never notices that an image is gone."""
        return Live(identifier, {}, {})

    def update(
        self, identifier: str, old: Properties, new: Properties, computed: Properties, operation: Operation
    ) -> Properties:
        return self.create(new, operation).computed

    def delete(self, identifier: str, inputs: Properties, computed: Properties, operation: Operation) -> None:
        """Leave the image in the engine, as the official provider does."""


def _build(name: str, options: Properties, platform: str, host: str) -> None:
    """Build the image to the end, whether or not it is cancelled, and keep no line of what the build wrote.

    The docker command does it: nothing in Python replaces its BuildKit client. Raises ProviderError when it fails.
    """
    command = ["build", "--tag", name, "--file", options["dockerfile"], "--platform", platform]
    if options.get("network"):
        command += ["--network", options["network"]]
    for argument, value in sorted(options.get("args", {}).items()):
        command += ["--build-arg", f"{argument}={value}"]
    try:
        cli = buildkit_cli()
    except SandboxError as error:
        raise ProviderError(str(error)) from error
    done = subprocess.run(
        [cli, *command, options["context"]],
        env={**os.environ, "DOCKER_HOST": host, "DOCKER_BUILDKIT": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise ProviderError(
            f"error reading build output: executor failed running: exit code: {done.returncode}"
        )
