"""`docker.Image`: an image built from a Dockerfile (pulumi-docker, provider/provider.go and image.go)."""

import os
from pathlib import Path
from typing import Any

from sandbox.providers.checking import Failure
from sandbox.providers.docker.build_context import digest
from sandbox.providers.docker.engine import EngineResource, engine_errors
from sandbox.providers.docker.image_build import build
from sandbox.providers.resource import Created, Live, Operation, ProviderError
from sandbox.providers.values import Properties, Secret, Unknown

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Image(EngineResource):
    """An image that is built and kept locally. Its id is its name, and a change builds it again in place."""

    token = "docker:index/image:Image"  # noqa: S105 (a type, not a secret)
    updatable = frozenset({"imageName", "build", "buildOnPreview", "registry", "skipPush"})
    unsupported = frozenset({"registry"})
    recomputed = True

    def check(self, inputs: Properties, operation: Operation) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        """Fill in defaults and the digest of the build context, which is an input of its own as in the official one."""
        found = []
        if inputs.get("buildOnPreview") is True:
            reason = "the docker stand-in builds nothing during a preview: set build_on_preview to False"
            found.append(Failure("buildOnPreview", reason))
        if inputs.get("skipPush", False) is False:
            reason = "the docker stand-in pushes to no registry: set skip_push to True"
            found.append(Failure("skipPush", reason))
        given = inputs.get("build", {})
        options = given.value if isinstance(given, Secret) else given
        if isinstance(options, Unknown):
            return inputs, found
        filled, failure = self._with_digest(self._with_defaults(options))
        wrapped = Secret(filled) if isinstance(given, Secret) else filled
        return {"buildOnPreview": False, **inputs, "build": wrapped}, found + failure

    def create(self, inputs: Properties, operation: Operation) -> Created:  # noqa: D102
        name, options = inputs["imageName"], inputs["build"]
        build(name, options, self.engine.host, operation)
        api = self.engine.api
        with engine_errors(f"unable to find the image {name} after its build"):
            image: dict[str, Any] = api.inspect_image(name)
        outputs = {
            "dockerfile": _relative(options["dockerfile"], options["context"]),
            "context": options["context"],
            "baseImageName": name,
            "registryServer": "",
            "platform": options["platform"],
            # With skip_push the official provider gives the local image's id.
            "repoDigest": image["Id"],
        }
        return Created(name, outputs)

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:  # noqa: ARG002, D102
        api = self.engine.api
        with engine_errors("unable to look up the image", gone_is_fine=True):
            api.inspect_image(inputs["imageName"])
            return Live(identifier, {}, {})
        return None

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

    def _with_defaults(self, options: Properties) -> Properties:
        """Return the build's options with the official provider's defaults."""
        filled = {"context": ".", **options}
        if "dockerfile" not in filled and not isinstance(filled["context"], Unknown):
            filled["dockerfile"] = str(Path(filled["context"]) / "Dockerfile")
        if "platform" not in filled:
            machine = os.uname().machine
            filled["platform"] = f"linux/{ARCHITECTURES.get(machine, machine)}"
        return filled

    def _with_digest(self, options: Properties) -> tuple[Properties, list[Failure]]:
        context, dockerfile = options["context"], options.get("dockerfile")
        if not isinstance(context, str) or not isinstance(dockerfile, str):
            return options, []  # one of them is not known yet
        if not Path(context).is_dir():
            return options, [Failure("build.context", f"is not a folder: {context!r}")]
        if not Path(dockerfile).is_file():
            inside = Path(context) / dockerfile
            hint = f". Try setting `dockerfile` to {str(inside)!r}" if inside.is_file() else ""
            return options, [
                Failure("build.dockerfile", f"could not open dockerfile at path {dockerfile!r}{hint}")
            ]
        try:
            return {**options, "contextDigest": digest(Path(context), Path(dockerfile))}, []
        except OSError as error:
            raise ProviderError(f"unable to hash build context: {error}") from error


def _relative(dockerfile: str, context: str) -> str:
    """Return the Dockerfile's path relative to the context, as the official provider puts it out."""
    return os.path.relpath(Path(dockerfile).resolve(), Path(context).resolve())
