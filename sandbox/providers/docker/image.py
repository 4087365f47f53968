"""`docker.Image`: an image built from a Dockerfile (pulumi-docker, provider/provider.go and image.go).

The program builds its images by the docker command. Stacks that earlier versions of it made have this in their states,
and the tests make such stacks.
"""

import os
from pathlib import Path
from typing import Any

from sandbox.providers.checking import Failure
from sandbox.providers.docker.engine import EngineResource, engine_errors
from sandbox.providers.docker.image_build import build
from sandbox.providers.resource import Created, Live, Operation
from sandbox.providers.values import Properties

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Image(EngineResource):
    """An image that is built and kept locally. Its id is its name, and a change builds it again in place."""

    token = "docker:index/image:Image"  # noqa: S105 (a type, not a secret)
    updatable = frozenset({"imageName", "build", "buildOnPreview", "registry", "skipPush"})
    unsupported = frozenset({"registry"})
    recomputed = True

    def check(self, inputs: Properties, operation: Operation) -> tuple[Properties, list[Failure]]:  # noqa: ARG002, D102
        if inputs.get("skipPush", False) is False:
            reason = "the docker stand-in pushes to no registry: set skip_push to True"
            return inputs, [Failure("skipPush", reason)]
        return inputs, []

    def create(self, inputs: Properties, operation: Operation) -> Created:  # noqa: D102
        machine = os.uname().machine
        platform = f"linux/{ARCHITECTURES.get(machine, machine)}"
        name, options = inputs["imageName"], {"context": ".", "platform": platform, **inputs["build"]}
        options.setdefault("dockerfile", str(Path(options["context"]) / "Dockerfile"))
        build(name, options, self.engine.host, operation)
        api = self.engine.api
        with engine_errors(f"unable to find the image {name} after its build"):
            image: dict[str, Any] = api.inspect_image(name)
        outputs = {
            "dockerfile": os.path.relpath(
                Path(options["dockerfile"]).resolve(), Path(options["context"]).resolve()
            ),
            "context": options["context"],
            "baseImageName": name,
            "registryServer": "",
            "platform": options["platform"],
            # With skip_push the official provider gives the local image's id.
            "repoDigest": image["Id"],
        }
        return Created(name, outputs)

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:
        """Return the state: the official provider never notices that an image is gone."""
        del inputs, operation
        return Live(identifier, {}, {})

    def update(  # noqa: D102
        self,
        identifier: str,  # noqa: ARG002
        old: Properties,  # noqa: ARG002
        new: Properties,
        computed: Properties,  # noqa: ARG002
        operation: Operation,
    ) -> Properties:
        return self.create(new, operation).computed

    def delete(self, identifier: str, inputs: Properties, computed: Properties, operation: Operation) -> None:
        """Leave the image in the engine, as the official provider does."""
