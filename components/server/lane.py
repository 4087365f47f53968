"""Declares the server of a lane, proves it, and then has the gateway ask it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_command as command
import pulumi_docker as docker

from components.container.health import http_healthcheck
from components.container.options import LEAST_PRIVILEGE, container_options, cpu_limit
from components.container.secret_file import SecretFile
from components.program.declaration import run_program
from components.server import container
from components.server.gateway import Gateway
from components.settings import ModelSettings, ServerSettings
from components.settings.lanes import LaneSettings
from components.settings.schema import Device


@dataclass(frozen=True, kw_only=True)
class ServerLaneArgs:
    """What the server of a lane is made from.

    `container_name` is the prefix of its name in the Docker engine, which ends at random; `network` is the name of the
    stack's network, `gateway` the gateway in front of the server, `mount` and `model_sha256` the model file and its
    content, `key` the file with the API key, where there is one. `engine` is what makes a program talk to the engine.
    """

    container_name: str
    device: Device
    image_id: pulumi.Input[str]
    mount: docker.ContainerMountArgs
    model_sha256: pulumi.Input[str]
    key: SecretFile | None
    network: pulumi.Input[str]
    gateway: Gateway
    engine: Mapping[str, pulumi.Input[str]]
    model: ModelSettings
    settings: ServerSettings
    lane: LaneSettings


class ServerLane(pulumi.ComponentResource):
    """A running llama-server behind the gateway, which is asked what the lanes that it answers are for.

    A change starts a new container beside the one that serves, proves it by an embedding, moves the requests to it, and
    removes the old one at the end of the update. If the new one does not prove itself, the old one goes on serving.
    `container_name` is its full name in the Docker engine; `checked` resolves, to what was seen, once the server has
    answered where people ask it with an embedding that is right.
    """

    container_name: pulumi.Output[str]
    checked: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: ServerLaneArgs,
        opts: pulumi.ResourceOptions,
        *,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        super().__init__("jina:server:ServerLane", name, None, opts)
        server = self._container(args, after)
        self.container_name = server.name
        proved = self._embedding_check(f"{name}-embedding", args, server, url="", after=server)
        moved = self._traffic(name, args, server, after=proved)
        served = self._embedding_check(f"{name}-served", args, server, url=_url(args), after=moved)
        # Secret only because the check is given the API key: what it says of the server is not.
        self.checked = pulumi.Output.unsecret(served.stdout)
        self.register_outputs({"container_name": self.container_name, "checked": self.checked})

    def _container(self, args: ServerLaneArgs, after: Sequence[pulumi.Resource]) -> docker.Container:
        settings, key = args.settings, args.key
        return docker.Container(
            # Without a physical name the container gets this one with a random suffix: for a moment there are two.
            args.container_name,
            image=args.image_id,
            envs=environment(args),
            command=["--api-key-file", key.path] if key else None,
            mounts=[args.mount, key.mount] if key else [args.mount],
            # A mount shows the file as it was when the container started: other content needs a new container.
            labels=[docker.ContainerLabelArgs(label="jina-search.model.sha256", value=args.model_sha256)],
            network_mode="bridge",
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=args.network)],
            hosts=[docker.ContainerHostArgs(host="host.docker.internal", ip="host-gateway")],
            device_requests=container.device_requests(args.device, settings.gpus),
            **cpu_limit(settings.cpus),
            # Of two servers that want the same CPU, the kernel lets the one with the queries interrupt the other.
            cpu_shares=args.lane.shares,
            memory=settings.memory or None,
            healthcheck=http_healthcheck(
                container.PORT,
                "/health",  # whether the model is loaded
                answer_within=container.ANSWER_WITHIN,
                ready_within=container.READY_WITHIN,
                also=container.HOLDS_GPU if args.device == "cuda" else "",
            ),
            # The check does the waiting: it sees a crash of the server immediately, and says why.
            wait=False,
            must_run=True,
            restart="unless-stopped",
            destroy_grace_seconds=container.STOPPED_AFTER,
            tmpfs={"/tmp": "rw,noexec,nosuid,size=64m"},  # noqa: S108 (a file system inside the container)
            read_only=True,
            **LEAST_PRIVILEGE,
            # By default the provider removes a container before it creates its successor.
            opts=container_options(self, delete_before_replace=False, depends_on=after),
        )

    def _embedding_check(
        self, name: str, args: ServerLaneArgs, server: docker.Container, *, url: str, after: pulumi.Resource
    ) -> command.local.Command:
        return run_program(
            name,
            "embedding_check",
            environment={
                **args.engine,
                "EMBEDDING_CHECK_URL": url,
                "EMBEDDING_CHECK_PORT": str(container.PORT),
                "EMBEDDING_CHECK_MODEL": args.model.name,
                "EMBEDDING_CHECK_WIDTH": str(args.model.dimensions),
                "EMBEDDING_CHECK_CONTAINER": server.name,
                "EMBEDDING_CHECK_API_KEY": pulumi.Output.secret(args.settings.api_key),
            },
            triggers=[server.id, args.gateway.container_id, args.image_id, args.model_sha256],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after]),
        )

    def _traffic(
        self, name: str, args: ServerLaneArgs, server: docker.Container, *, after: pulumi.Resource
    ) -> command.local.Command:
        """Have the gateway ask this server; with the number of lanes its lanes change, and the program runs again."""
        return run_program(
            f"{name}-traffic",
            "traffic",
            environment={
                **args.engine,
                "TRAFFIC_GATEWAY": args.gateway.container_name,
                "TRAFFIC_LANES": ",".join(args.lane.answers),
                "TRAFFIC_SERVER": server.name,
                "TRAFFIC_CONTEXT": str(args.lane.context_size),
            },
            triggers=[server.id, args.gateway.container_id],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after, args.gateway.answering]),
        )


def environment(args: ServerLaneArgs) -> list[str]:
    """Return the container's environment, sorted so that equal settings make no difference; no secret is in it."""
    chosen = container.environment(args.device, args.model, args.settings, args.lane)
    return sorted(f"{key}={value}" for key, value in chosen.items())


def _url(args: ServerLaneArgs) -> str:
    """Return where people ask the lane."""
    gateway = args.gateway
    return gateway.query_embeddings_url if args.lane.name == "queries" else gateway.document_embeddings_url
