"""Declares the servers of a stack on mocks, behind their gateway, as the program does."""

from collections.abc import Mapping

from components.image.built import ImageBuilds
from components.server import Gateway, GatewayArgs, LlamaServer, LlamaServerArgs
from components.settings import EngineSettings
from tests.unit.declared import Declared, declare
from tests.unit.project import stack_settings

CONTAINER = "docker:index/container:Container"
COMMAND = "command:local:Command"
NO_ENGINE = EngineSettings()
"""Nothing is set about the Docker engine."""

SERVERS = "jina-search-test-llama-server"
SERVER = f"{SERVERS}-documents"
QUERIES = f"{SERVERS}-queries"
"""Logical names of the servers' containers, and the beginnings of their names in the engine."""


def declare_server(
    stack: str,
    changes: Mapping[str, object],
    image_id: str = "sha256:image",
    model_path: str = "/srv/models/model.gguf",
    engine: EngineSettings = NO_ENGINE,
) -> list[Declared]:
    """Declare gateway and servers of a stack with `changes` of its settings; return what was declared."""
    settings = stack_settings(stack, **changes)

    def program() -> None:
        gateway = Gateway(
            "gateway",
            GatewayArgs(
                name="jina-search-test-gateway",
                owner="jina-search-test-0a1b2c",
                engine=engine,
                network="jina-search-test",
                builds=ImageBuilds.declare("jina-search-test-0a1b2c", engine, settings.image),
                model=settings.model,
                server=settings.server,
            ),
        )
        args = LlamaServerArgs(
            container_name=SERVERS,
            device=settings.device,
            image_id=image_id,
            model_path=model_path,
            model_sha256="abc",
            network="jina-search-test",
            gateway=gateway,
            cuda_architectures=settings.image.compiled_architectures,
            volume_name="jina-search-test",
            engine=engine,
            model=settings.model,
            settings=settings.server,
        )
        LlamaServer("llama-server", args)

    return declare(program)
