"""`docker.RemoteImage`: an image that the engine shall have (terraform-provider-docker, resource_docker_image.go).

Looked up locally first and pulled only when it is not there.
"""

from typing import Any

from sandbox.providers.docker.engine import EngineResource, engine_errors
from sandbox.providers.docker.registry_auth import credentials
from sandbox.providers.docker.sdk import load
from sandbox.providers.resource import Created, Live, Operation, ProviderError, named
from sandbox.providers.values import Properties


class RemoteImage(EngineResource):
    """An image by name, with its id and repository digest as outputs."""

    token = "docker:index/remoteImage:RemoteImage"  # noqa: S105 (a type, not a secret)
    implemented = named("name keepLocally platform")
    updatable = frozenset({"keepLocally"})

    def normalise(self, inputs: Properties) -> Properties:
        return {"keepLocally": False, "platform": "", **inputs}

    def create(self, inputs: Properties, operation: Operation) -> Created:
        name = inputs["name"]
        image = self._local(name)
        if image is None:
            self._pull(name, inputs.get("platform"), operation)
            image = self._local(name)
        if image is None:
            raise ProviderError(f"Unable to find or pull image {name}")
        return Created(image["Id"] + name, _computed(name, image))

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:
        name = inputs["name"]
        image = self._local(name)
        return None if image is None else Live(image["Id"] + name, {}, _computed(name, image))

    def update(
        self,
        identifier: str,
        old: Properties,
        new: Properties,
        computed: Properties,
        operation: Operation,
    ) -> Properties:
        return self.create(new, operation).computed

    def delete(
        self,
        identifier: str,
        inputs: Properties,
        computed: Properties,
        operation: Operation,
    ) -> None:
        if inputs.get("keepLocally", False):
            return
        api = self.engine.api
        with engine_errors("Unable to remove Docker image", gone_is_fine=True):
            api.remove_image(inputs["name"])

    def _local(self, name: str) -> dict[str, Any] | None:
        api = self.engine.api
        with engine_errors(f"error looking up local image {name}", gone_is_fine=True):
            image: dict[str, Any] = api.inspect_image(name)
            return image
        return None

    def _pull(self, name: str, platform: str | None, operation: Operation) -> None:
        load()
        from docker.utils import parse_repository_tag  # noqa: PLC0415

        repository, tag = parse_repository_tag(name)
        api = self.engine.api
        operation.report("info", f"pulling {name}", True)
        with engine_errors(f"error pulling image {name}"):
            steps = api.pull(
                repository,
                tag or "latest",
                stream=True,
                decode=True,
                platform=platform or None,
                # An empty one keeps docker-py from its own: the official provider does not know `docker login`.
                auth_config=credentials(self.engine.registries, name) or {"username": "", "password": ""},
            )
            for step in steps:
                if "error" in step:
                    raise ProviderError(f"error pulling image {name}: {step['error']}")
                operation.report("info", f"{step.get('id', '')} {step.get('status', '')}".strip(), True)


def _computed(name: str, image: dict[str, Any]) -> Properties:
    """Return the outputs; an image that came from no registry has no repository digest, as with the real provider."""
    repository = name.partition("@")[0]
    head, _, last = repository.rpartition("/")
    repository = f"{head}/{last.partition(':')[0]}" if head else last.partition(":")[0]
    digests = [digest for digest in image.get("RepoDigests") or [] if digest.startswith(f"{repository}@")]
    return {"imageId": image["Id"], "repoDigest": digests[0] if digests else ""}
