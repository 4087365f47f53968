"""One stack on the real engine, shared by the tests of a file: bringing one up takes most of their time."""

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from zlib import crc32

import pytest
from docker.client import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container

from components.elasticsearch.client.client import Client
from components.elasticsearch.client.connection import Connection
from sandbox.machine.cache import cache_root
from sandbox.machine.ports import free_port
from sandbox.preparation import Prepared, prepare
from sandbox.pulumi.stack import PROJECT, SandboxStack
from sandbox.show.steps import Steps

SERVER_PORT = 18080
ELASTICSEARCH_PORT = 19200


@pytest.fixture(scope="session")
def prepared() -> Prepared:
    """Prepare the parts that the stacks run on: `make prepare` has done the long work."""
    cache = cache_root()
    return prepare(cache, Steps(cache / "timings.json"), "F16")


@pytest.fixture(scope="module")
def stack(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxStack]:
    """Make a stack of its own state, ports and names, not yet brought up; remove what it leaves in the engine."""
    folder = tmp_path_factory.mktemp("stack")
    yield new_stack("e2e", folder, prepared)
    remove_left_overs("e2e")


@pytest.fixture
def client(running: SandboxStack) -> Iterator[Client]:
    """Return a client for the Elasticsearch of the stack that the file brings up as `running`."""
    outputs = running.outputs()
    connection = Connection(
        url=outputs["elasticsearchUrl"],
        user=outputs["elasticsearchUser"],
        password=outputs["elasticsearchPassword"],
    )
    with Client(connection) as opened:
        yield opened


def new_stack(name: str, folder: Path, prepared: Prepared, **settings: object) -> SandboxStack:
    """Make a stack whose state is in `folder`, with the small node and server that tests need; none is left of it."""
    remove_left_overs(name)
    return made_stack(name, folder, prepared, **settings)


def made_stack(name: str, folder: Path, prepared: Prepared, **settings: object) -> SandboxStack:
    """Make a stack as `new_stack` does, and leave what another of its name has left in the engine."""
    stack = SandboxStack(name, folder, prepared.environment).with_new_state(folder)
    # Stacks of other files may be looking for free ports at the same moment.
    apart = crc32(name.encode()) % 1000
    small: dict[str, object] = {
        "serverPort": free_port(SERVER_PORT + apart),
        "elasticsearchPort": free_port(ELASTICSEARCH_PORT + apart),
        "elasticsearchHeap": 512,
        "elasticsearchMemory": 1536,
    }
    stack.configure({**prepared.settings, **small, **settings})
    return stack


def remove_left_overs(name: str, project: str = PROJECT) -> None:
    """Remove the containers, the volumes and the network that a killed run of the stack `name` left in the engine.

    Whatever uses such a volume goes too: a node of the stack under a later name, say.
    """
    engine = DockerClient.from_env()
    users = [
        engine.containers.list(all=True, filters={"volume": volume}) for volume in volumes(name, project)
    ]
    for container in {one.id: one for one in (*containers(name, project), *chain(*users))}.values():
        container.remove(force=True, v=True)
    for kind, left_over in (
        *((engine.volumes, volume) for volume in volumes(name, project)),
        (engine.networks, f"{project}-{name}"),
    ):
        with suppress(NotFound):
            kind.get(left_over).remove()
    for image in images(name, project):
        engine.images.remove(image, force=True)


def containers(name: str, project: str = PROJECT) -> list[Container]:
    """Return the containers of the stack `name`, and of no stack whose name begins alike."""
    pattern = f"^/{project}-{name}-(llama-server-(documents|queries)-[0-9a-f]+|gateway|elasticsearch)$"
    found: list[Container] = DockerClient.from_env().containers.list(all=True, filters={"name": pattern})
    return found


def images(name: str, project: str = PROJECT) -> list[str]:
    """Return the names of the images that the stack `name` built, and no stack whose name begins alike."""
    pattern = re.compile(rf"\S+:(cpu|cuda|gateway)-[0-9a-f]{{12}}-{project}-{name}-[0-9a-f]{{6}}")
    return sorted(tag for tag in image_tags() if pattern.fullmatch(tag))


def image_tags() -> set[str]:
    """Return the names of all images of the engine, by one request.

    `images.list()` asks once more for each of them, and fails where another test removes one meanwhile.
    """
    return {tag for image in DockerClient.from_env().api.images() for tag in image["RepoTags"] or ()}


def volumes(name: str, project: str = PROJECT) -> list[str]:
    """Return the names of the volumes that the stack `name` made, and of no stack whose name begins alike."""
    data = r"(-[0-9a-f]{6})?-elasticsearch-(data|backups)"
    secret = "-elasticsearch-password|-llama-server-key|-gateway-key"
    pattern = re.compile(f"{project}-{name}({data}|-gateway|-model-[0-9a-f]+|{secret})")
    listed = [str(volume.name) for volume in DockerClient.from_env().volumes.list()]
    return [volume for volume in listed if pattern.fullmatch(volume)]
