"""Declares the gateway: the one address of the servers, which come and go behind it."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.container.health import http_healthcheck
from components.container.options import LEAST_PRIVILEGE, container_options
from components.container.published_port import PublishedPort
from components.container.secret_file import SecretFile
from components.image.built import BuiltImage, BuiltImageArgs, ImageBuilds
from components.platform import interface
from components.program.declaration import engine_environment, run_program
from components.server import container
from components.server.gateway_environment import gateway_environment
from components.server.gateway_image import DOCKERFILE, build_arguments
from components.server.key_file import key_file
from components.settings import EngineSettings, ModelSettings, ServerSettings

STATE = "/var/lib/gateway"
"""Folder in the container with the file that says which server each lane asks; the volume keeps it over restarts."""

STARTED_WITHIN = 60
"""Seconds within which the gateway must answer."""

STOPPED_AFTER = 30
"""Seconds that the gateway gets to finish its requests when it is stopped."""


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    """What the gateway is made from.

    `name` is the name of its container and of its volume in the Docker engine, `network` the name of the stack's
    network; the published address and port are those of `server`; `builds` is how its image is built, on the base for
    CPUs; `owner` is the id of the stack.
    """

    name: str
    owner: pulumi.Input[str]
    engine: EngineSettings
    network: pulumi.Input[str]
    builds: ImageBuilds
    model: ModelSettings
    server: ServerSettings


class Gateway(interface.Gateway):
    """The gateway as a container, whose port is published; whatever sends requests to it depends on `answering`."""

    container_name: str
    container_id: pulumi.Output[str]
    answering: pulumi.Resource

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        # A proxy had its place in earlier versions: its container goes before this one takes the port.
        former = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="proxy", type_="jina:server:ServerProxy")])
        super().__init__("jina:server:Gateway", name, None, pulumi.ResourceOptions.merge(opts, former))
        self.url = f"http://{container.reachable_address(args.server.address)}:{args.server.port}"
        self.embeddings_url = f"{self.url}/v1/embeddings"
        self.query_embeddings_url = f"{self.url}/query/v1/embeddings"
        self.document_embeddings_url = f"{self.url}/document/v1/embeddings"
        self.network_embeddings_url = f"http://{container.ALIAS}:{container.PORT}/v1/embeddings"
        self.network_query_embeddings_url = (
            f"http://{container.QUERIES_ALIAS}:{container.PORT}/query/v1/embeddings"
        )
        # An Elasticsearch in another container of this engine, which is not on the stack's network.
        self.outside_embeddings_url = f"http://host.docker.internal:{args.server.port}/v1/embeddings"
        self.outside_query_embeddings_url = ""
        self.container_name = args.name
        self._engine = engine_environment(args.engine)
        own = pulumi.ResourceOptions(parent=self)
        image = BuiltImage(
            name,
            BuiltImageArgs(
                builds=args.builds,
                kind="gateway",
                dockerfile=DOCKERFILE,
                arguments=build_arguments(args.builds.settings),
            ),
            own,
        )
        volume = docker.Volume(name, name=args.name, opts=own)
        key = key_file(
            name,
            args.server.api_key,
            volume_name=f"{args.name}-key",
            image_id=image.image_id,
            engine=self._engine,
            parent=self,
        )
        gateway = self._container(name, args, image.image_id, volume.name, key)
        self.container_id = gateway.id
        self.answering = self._check(name, gateway)
        self.register_outputs({"url": self.url, "embeddings_url": self.embeddings_url})

    def _container(
        self,
        name: str,
        args: GatewayArgs,
        image_id: pulumi.Input[str],
        volume: pulumi.Input[str],
        key: SecretFile | None,
    ) -> docker.Container:
        port = published_port(args)
        state = docker.ContainerMountArgs(type="volume", source=volume, target=STATE)
        key_path = [pulumi.Output.format("GATEWAY_KEY_FILE={0}", key.path)] if key else []
        return docker.Container(
            name,
            name=args.name,
            image=image_id,
            envs=[*environment(args.model, args.server), *key_path],
            ports=[port.published(container.PORT)],
            labels=[port.label],
            mounts=[state, key.mount] if key else [state],
            network_mode="bridge",
            networks_advanced=[
                docker.ContainerNetworksAdvancedArgs(
                    name=args.network, aliases=[container.ALIAS, container.QUERIES_ALIAS]
                )
            ],
            # Asks the gateway itself, not the servers behind it.
            healthcheck=http_healthcheck(
                container.PORT,
                "/live",
                answer_within=container.ANSWER_WITHIN,
                ready_within=STARTED_WITHIN,
            ),
            # The check does the waiting: it sees immediately when the gateway ends, and says why.
            wait=False,
            must_run=True,
            restart="unless-stopped",
            destroy_grace_seconds=STOPPED_AFTER,
            # For the socket on which it takes orders.
            tmpfs={"/tmp": "rw,noexec,nosuid,size=1m"},  # noqa: S108 (a file system inside the container)
            read_only=True,
            **LEAST_PRIVILEGE,
            # Its name and the published port can belong to one container only.
            opts=container_options(
                self, delete_before_replace=True, depends_on=[port.check(name, self._engine, self)]
            ),
        )

    def _check(self, name: str, gateway: docker.Container) -> pulumi.Resource:
        return run_program(
            f"{name}-check",
            "answer_check",
            environment={
                **self._engine,
                "ANSWER_CHECK_PROGRAM": "gateway",
                "ANSWER_CHECK_CONTAINER": gateway.name,
                "ANSWER_CHECK_PORT": str(container.PORT),
                "ANSWER_CHECK_PATIENCE": str(STARTED_WITHIN),
            },
            triggers=[gateway.id],
            opts=pulumi.ResourceOptions(parent=self),
        )


def environment(model: ModelSettings, server: ServerSettings) -> list[str]:
    """Return the gateway's environment, sorted so that equal settings make no difference."""
    return sorted(f"{name}={value}" for name, value in gateway_environment(model, server).items())


def published_port(args: GatewayArgs) -> PublishedPort:
    """Return where people reach the gateway."""
    return PublishedPort(
        address=args.server.address,
        port=args.server.port,
        setting="serverPort",
        container=args.name,
        owner=args.owner,
        former=f"{args.name.removesuffix('-gateway')}-proxy",
    )
