"""`docker.Tag`: another name for a local image (terraform-provider-docker, resource_docker_tag_funcs.go)."""

from sandbox.providers.docker.engine import EngineResource, engine_errors
from sandbox.providers.docker.sdk import load
from sandbox.providers.resource import Created, Live, Operation
from sandbox.providers.values import Properties


class Tag(EngineResource):
    """A tag; like the official provider this never takes a tag away and looks at nothing on refresh."""

    token = "docker:index/tag:Tag"  # noqa: S105 (a type, not a secret)
    unordered = frozenset({"tagTriggers"})

    def create(self, inputs: Properties, operation: Operation) -> Created:  # noqa: ARG002, D102
        source, target = inputs["sourceImage"], inputs["targetImage"]
        api = self.engine.api
        with engine_errors("failed to create docker tag"):
            api.tag(source, *_repository_and_tag(target))
            image = api.inspect_image(source)
        return Created(f"{source}.{target}", {"sourceImageId": image["Id"]})

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:  # noqa: ARG002, D102
        return Live(identifier, {}, {})

    def delete(self, identifier: str, inputs: Properties, computed: Properties, operation: Operation) -> None:
        """Leave the tag where it is, as the official provider does."""


def _repository_and_tag(name: str) -> tuple[str, str]:
    load()
    from docker.utils import parse_repository_tag  # noqa: PLC0415

    repository, tag = parse_repository_tag(name)
    return repository, tag or "latest"
