"""Declares the stack's own Elasticsearch node."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.elasticsearch import container
from components.elasticsearch.dynamic.deletion_guard import NODE, DeletionGuardResource
from components.elasticsearch.dynamic.password import PasswordResource
from components.elasticsearch.inputs import ConnectionInputs
from components.settings import ElasticsearchSettings

SUPERUSER = "elastic"


@dataclass(frozen=True, kw_only=True)
class ElasticsearchNodeArgs:
    """What the node is made from; the names are those of container and volume in the Docker engine."""

    container_name: str
    volume_name: str
    network: pulumi.Input[str]
    settings: ElasticsearchSettings


class ElasticsearchNode(pulumi.ComponentResource):
    """A node of one, on loopback and on the stack's network, with its data in a volume.

    Another image or setting replaces the container, never the volume. `connection` is how this machine reaches it.
    """

    connection: ConnectionInputs

    def __init__(
        self, name: str, args: ElasticsearchNodeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("jina:elasticsearch:ElasticsearchNode", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        password = PasswordResource(f"{name}-password", child).password
        image = docker.RemoteImage(name, name=args.settings.image, keep_locally=True, opts=child)
        volume = docker.Volume(name, name=args.volume_name, opts=child)
        node = self._container(name, args, image, volume, password)
        self.connection = ConnectionInputs(
            url=f"http://127.0.0.1:{args.settings.port}",
            api_key=pulumi.Output.secret(""),
            user=SUPERUSER,
            password=pulumi.Output.secret(password),
            ca_certificate="",
            fingerprint="",
            managed=True,
        )
        DeletionGuardResource(
            f"{name}-guard",
            {
                **self.connection.as_inputs(),
                "alias": args.settings.index,
                "delete_data": args.settings.delete_data,
                "scope": NODE,
            },
            pulumi.ResourceOptions(parent=self, depends_on=[node]),
        )
        self.register_outputs({"url": self.connection.url})

    def _container(
        self,
        name: str,
        args: ElasticsearchNodeArgs,
        image: docker.RemoteImage,
        volume: docker.Volume,
        password: pulumi.Output[str],
    ) -> docker.Container:
        settings = args.settings
        secret: pulumi.Output[str] = pulumi.Output.secret(password)
        listed = sorted(f"{key}={value}" for key, value in container.environment(settings).items())
        return docker.Container(
            name,
            name=args.container_name,
            image=image.image_id,
            envs=secret.apply(lambda word: [*listed, f"ELASTIC_PASSWORD={word}"]),
            user=container.USER,
            ports=[docker.ContainerPortArgs(internal=container.PORT, external=settings.port, ip="127.0.0.1")],
            mounts=[docker.ContainerMountArgs(type="volume", source=volume.name, target=container.DATA)],
            network_mode="bridge",
            networks_advanced=[
                docker.ContainerNetworksAdvancedArgs(name=args.network, aliases=[container.ALIAS])
            ],
            hosts=[docker.ContainerHostArgs(host="host.docker.internal", ip="host-gateway")],
            memory=settings.memory,
            healthcheck=container.healthcheck(),
            wait=True,
            wait_timeout=container.READY_WITHIN,
            must_run=True,
            restart="unless-stopped",
            destroy_grace_seconds=container.STOPPED_AFTER,
            capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
            security_opts=["no-new-privileges"],
            log_driver="json-file",
            log_opts={"max-size": "10m", "max-file": "3"},
            # The name, the port and the data can belong to one container only.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
