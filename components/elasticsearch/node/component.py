"""Declares the stack's own Elasticsearch node."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.container.options import LEAST_PRIVILEGE, container_options
from components.container.published_port import PublishedPort
from components.container.secret_file import SecretFile
from components.elasticsearch.dynamic.password import PasswordResource
from components.elasticsearch.inputs import ConnectionInputs
from components.elasticsearch.node import container
from components.elasticsearch.node.access import NodeAccess
from components.elasticsearch.node.volumes import VolumeOwner, backup_volume, data_volume
from components.names import names_in
from components.program.declaration import engine_environment, run_program
from components.settings import ElasticsearchSettings, EngineSettings


@dataclass(frozen=True, kw_only=True)
class ElasticsearchNodeArgs:
    """What the node is made from.

    `container_name` is the name of its container in the Docker engine; `volumes` says whose data it holds.
    """

    container_name: str
    volumes: VolumeOwner
    network: pulumi.Input[str]
    engine: EngineSettings
    settings: ElasticsearchSettings


class ElasticsearchNode(pulumi.ComponentResource):
    """A single node, on loopback and on the stack's network, with a volume for its data and one for its backups.

    Another image or setting replaces the container, never the volumes, and no older version takes the place of a newer
    one. `connection` is how this machine reaches it, once it answers and knows the password that is set.
    """

    connection: ConnectionInputs
    volume: pulumi.Output[str]
    backup_volume: pulumi.Output[str]

    def __init__(
        self, name: str, args: ElasticsearchNodeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("jina:elasticsearch:ElasticsearchNode", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._engine = engine_environment(args.engine)
        password = PasswordResource(f"{name}-password", child).password
        image = docker.RemoteImage(name, name=args.settings.image, keep_locally=True, opts=child)
        data, removal = data_volume(name, args.volumes, self._engine, self, named=args.settings.volume)
        backups, before = backup_volume(
            name,
            args.volumes,
            self._engine,
            self,
            image=image,
            deleted=set(args.settings.indices) <= set(names_in(args.settings.delete_backups)),
        )
        version = self._version_check(name, args, image, data)
        volumes = {container.DATA: data.name, container.BACKUPS: backups.name}
        first = self._password_file(name, args, image, password)
        node = self._container(
            name, args, image, volumes=volumes, first=first, after=[removal, *before, version]
        )
        answering = self._check(name, node)
        self.volume, self.backup_volume = data.name, backups.name
        access = NodeAccess(
            name=name,
            url=f"http://{container.ADDRESS}:{args.settings.port}",
            owner=args.volumes.stack_id,
            settings=args.settings,
            parent=self,
        )
        self.connection = access.connection(
            container=node.id, container_name=args.container_name, password=password, after=[answering]
        )
        access.guard(self.connection, [node])
        self.register_outputs({"url": self.connection.url, "volume": self.volume})

    def _container(
        self,
        name: str,
        args: ElasticsearchNodeArgs,
        image: docker.RemoteImage,
        *,
        volumes: dict[str, pulumi.Output[str]],
        first: SecretFile,
        after: list[pulumi.Resource],
    ) -> docker.Container:
        settings = args.settings
        listed = sorted(f"{key}={value}" for key, value in container.environment(settings).items())
        port = published_port(args)
        return docker.Container(
            name,
            name=args.container_name,
            image=image.image_id,
            envs=[*listed, pulumi.Output.concat("ELASTIC_PASSWORD_FILE=", first.path)],
            labels=[port.label],
            user=container.USER,
            ports=[port.published(container.PORT)],
            mounts=[*container.mounts(volumes), first.mount],
            network_mode="bridge",
            networks_advanced=[
                docker.ContainerNetworksAdvancedArgs(name=args.network, aliases=[container.ALIAS])
            ],
            hosts=[docker.ContainerHostArgs(host="host.docker.internal", ip="host-gateway")],
            memory=settings.memory,
            healthcheck=container.healthcheck(),
            # The check does the waiting: it sees immediately when the node ends, and says why.
            wait=False,
            must_run=True,
            restart="unless-stopped",
            destroy_grace_seconds=container.STOPPED_AFTER,
            **LEAST_PRIVILEGE,
            # The name, the port and the data can belong to one container only.
            opts=container_options(
                self,
                delete_before_replace=True,
                depends_on=[*after, port.check(name, self._engine, self)],
            ),
        )

    def _password_file(
        self,
        name: str,
        args: ElasticsearchNodeArgs,
        image: docker.RemoteImage,
        password: pulumi.Output[str],
    ) -> SecretFile:
        """Declare the file with the password that the superuser has at the first start of the node's data."""
        return SecretFile(
            f"{name}-password-file",
            volume_name=f"{args.container_name}-password",
            content=password,
            image_id=image.image_id,
            owner=container.USER,
            engine=self._engine,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _version_check(
        self, name: str, args: ElasticsearchNodeArgs, image: docker.RemoteImage, data: docker.Volume
    ) -> pulumi.Resource:
        return run_program(
            f"{name}-version",
            "version_check",
            environment={
                **self._engine,
                "VERSION_CHECK_IMAGE_NAME": args.settings.image,
                "VERSION_CHECK_IMAGE": image.image_id,
                "VERSION_CHECK_VOLUME": data.name,
                "VERSION_CHECK_FOLDER": container.DATA,
            },
            triggers=[],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _check(self, name: str, node: docker.Container) -> pulumi.Resource:
        return run_program(
            f"{name}-check",
            "answer_check",
            environment={
                **self._engine,
                "ANSWER_CHECK_PROGRAM": "node",
                "ANSWER_CHECK_CONTAINER": node.name,
                "ANSWER_CHECK_PORT": str(container.PORT),
                "ANSWER_CHECK_PATIENCE": str(container.READY_WITHIN),
            },
            triggers=[node.id],
            opts=pulumi.ResourceOptions(parent=self),
        )


def published_port(args: ElasticsearchNodeArgs) -> PublishedPort:
    """Return where the node is reached from the engine's machine."""
    return PublishedPort(
        address=container.ADDRESS,
        port=args.settings.port,
        setting="elasticsearchPort",
        container=args.container_name,
        owner=args.volumes.stack_id,
    )
