"""Declares the proxy that keeps the server's address while servers are replaced behind it."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.container.health import http_healthcheck
from components.container.options import LEAST_PRIVILEGE, container_options
from components.container.published_port import PublishedPort
from components.image.built import BuiltImage, BuiltImageArgs, ImageBuilds
from components.program.declaration import engine_environment, run_program
from components.server import container
from components.settings import EngineSettings, ImageSettings, ServerSettings

DOCKERFILE = "docker/proxy/Dockerfile"
STATE = "/var/lib/proxy"
"""Folder in the container with the file that names the server; the volume keeps it over restarts."""

STARTED_WITHIN = 60
"""Seconds within which nginx must answer."""

STOPPED_AFTER = 30
"""Seconds that nginx gets to finish its requests when it is stopped."""


@dataclass(frozen=True, kw_only=True)
class ServerProxyArgs:
    """What the proxy is made from.

    `name` is the name of its container and of its volume in the Docker engine, `network` the name of the stack's
    network; the published address and port are those of `server`; `builds` is how its image is built, on the base for
    CPUs; `owner` is the id of the stack.
    """

    name: str
    owner: pulumi.Input[str]
    engine: EngineSettings
    network: pulumi.Input[str]
    builds: ImageBuilds
    server: ServerSettings


class ServerProxy(pulumi.ComponentResource):
    """nginx in front of the server: the one address that people and Elasticsearch know.

    `url` is where this machine reaches it, `network_embeddings_url` where containers of the stack do. Until the first
    server has proved itself it answers 503. Whatever sends requests to it depends on `answering`.
    """

    url: str
    embeddings_url: str
    network_embeddings_url: str
    container_name: str
    container_id: pulumi.Output[str]
    answering: pulumi.Resource

    def __init__(self, name: str, args: ServerProxyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:server:ServerProxy", name, None, opts)
        self.url = f"http://{container.reachable_address(args.server.address)}:{args.server.port}"
        self.embeddings_url = f"{self.url}/v1/embeddings"
        self.network_embeddings_url = f"http://{container.ALIAS}:{container.PORT}/v1/embeddings"
        self.container_name = args.name
        own = pulumi.ResourceOptions(parent=self)
        image = BuiltImage(
            name,
            BuiltImageArgs(
                builds=args.builds,
                kind="proxy",
                dockerfile=DOCKERFILE,
                arguments=build_arguments(args.builds.settings),
            ),
            own,
        )
        volume = docker.Volume(name, name=args.name, opts=own)
        self._engine = engine_environment(args.engine)
        proxy = self._container(name, args, image.image_id, volume.name)
        self.container_id = proxy.id
        self.answering = self._check(name, proxy)
        self.register_outputs({"url": self.url, "embeddings_url": self.embeddings_url})

    def _container(
        self, name: str, args: ServerProxyArgs, image_id: pulumi.Input[str], volume: pulumi.Input[str]
    ) -> docker.Container:
        port = published_port(args)
        return docker.Container(
            name,
            name=args.name,
            image=image_id,
            ports=[port.published(container.PORT)],
            labels=[port.label],
            mounts=[docker.ContainerMountArgs(type="volume", source=volume, target=STATE)],
            network_mode="bridge",
            networks_advanced=[
                docker.ContainerNetworksAdvancedArgs(name=args.network, aliases=[container.ALIAS])
            ],
            # Asks nginx itself, not the server behind it.
            healthcheck=http_healthcheck(
                container.PORT,
                "/proxy/health",
                answer_within=container.ANSWER_WITHIN,
                ready_within=STARTED_WITHIN,
            ),
            # The check does the waiting: it sees immediately when nginx ends, and says why.
            wait=False,
            must_run=True,
            restart="unless-stopped",
            destroy_grace_seconds=STOPPED_AFTER,
            # Room for bodies of requests that do not fit into nginx's buffers.
            tmpfs={"/tmp": "rw,noexec,nosuid,size=512m"},  # noqa: S108 (a file system inside the container)
            read_only=True,
            **LEAST_PRIVILEGE,
            # Its name and the published port can belong to one container only.
            opts=container_options(
                self, delete_before_replace=True, depends_on=[port.check(name, self._engine, self)]
            ),
        )

    def _check(self, name: str, proxy: docker.Container) -> pulumi.Resource:
        return run_program(
            f"{name}-check",
            "answer_check",
            environment={
                **self._engine,
                "ANSWER_CHECK_PROGRAM": "proxy",
                "ANSWER_CHECK_CONTAINER": proxy.name,
                "ANSWER_CHECK_PORT": str(container.PORT),
                "ANSWER_CHECK_PATIENCE": str(STARTED_WITHIN),
            },
            triggers=[proxy.id],
            opts=pulumi.ResourceOptions(parent=self),
        )


def published_port(args: ServerProxyArgs) -> PublishedPort:
    """Return where people reach the server."""
    return PublishedPort(
        address=args.server.address,
        port=args.server.port,
        setting="serverPort",
        container=args.name,
        owner=args.owner,
    )


def build_arguments(settings: ImageSettings) -> dict[str, str]:
    """Return the build arguments of the proxy's image: it stands on the base of the server's image for CPUs."""
    return {"BASE_IMAGE": settings.base}
