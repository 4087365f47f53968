"""Declares the container of llama-server, proves it, and then sends people's requests to it."""

from dataclasses import dataclass

import pulumi
import pulumi_command as command
import pulumi_docker as docker

from components.container.health import http_healthcheck
from components.container.options import LEAST_PRIVILEGE, container_options, cpu_limit
from components.container.secret_file import SecretFile
from components.program.declaration import engine_environment, run_program
from components.server import container
from components.server.model_mount import ModelVolume, bind_mount
from components.server.proxy import ServerProxy
from components.settings import EngineSettings, ModelSettings, ServerSettings
from components.settings.schema import Device


@dataclass(frozen=True, kw_only=True)
class LlamaServerArgs:
    """What the server is made from.

    `container_name` is the prefix of its name in the Docker engine, which ends at random; `model_path` and
    `model_sha256` are the model file on this machine and its content, `network` the name of the stack's network,
    `proxy` the proxy in front of it. `cuda_architectures` are those that the image is compiled for, empty if unknown.
    `volume_name` is the prefix of the names of the volumes for the model, where it is delivered in one, and for the
    API key.
    """

    container_name: str
    device: Device
    image_id: pulumi.Input[str]
    model_path: pulumi.Input[str]
    model_sha256: pulumi.Input[str]
    network: pulumi.Input[str]
    proxy: ServerProxy
    cuda_architectures: str
    volume_name: str
    engine: EngineSettings
    model: ModelSettings
    settings: ServerSettings


class LlamaServer(pulumi.ComponentResource):
    """A running llama-server behind the proxy.

    A change starts a new container beside the one that serves, proves it by an embedding, moves the requests to it, and
    removes the old one at the end of the update. If the new one does not prove itself, the old one goes on serving.
    `container_name` is its full name in the Docker engine; `checked` resolves, to what was seen, once the server has
    answered where people ask it with an embedding that is right.
    """

    container_name: pulumi.Output[str]
    container_id: pulumi.Output[str]
    checked: pulumi.Output[str]

    def __init__(self, name: str, args: LlamaServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:server:LlamaServer", name, None, opts)
        self._engine = engine_environment(args.engine)
        before: list[pulumi.Resource] = [self._gpu_check(name, args)] if args.device == "cuda" else []
        mount = bind_mount(args.model, args.model_path)
        if args.model.delivery == "volume":
            volume = self._model_volume(name, args)
            mount = volume.mount
            before.append(volume)
        server = self._container(args, mount, self._key_file(name, args), before)
        self.container_name = server.name
        self.container_id = server.id
        proved = self._embedding_check(f"{name}-embedding", args, server, url="", after=server)
        moved = self._traffic(name, args, server, after=proved)
        served = self._embedding_check(
            f"{name}-served", args, server, url=args.proxy.embeddings_url, after=moved
        )
        # Secret only because the check is given the API key: what it says of the server is not.
        self.checked = pulumi.Output.unsecret(served.stdout)
        self.register_outputs({"container_name": self.container_name, "checked": self.checked})

    def _model_volume(self, name: str, args: LlamaServerArgs) -> ModelVolume:
        return ModelVolume(
            f"{name}-model",
            volume_name=f"{args.volume_name}-model",
            model=args.model,
            path=args.model_path,
            sha256=args.model_sha256,
            image_id=args.image_id,
            environment=self._engine,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _key_file(self, name: str, args: LlamaServerArgs) -> SecretFile | None:
        """Declare the file with the API key, where there is one."""
        if not args.settings.api_key:
            return None
        return SecretFile(
            f"{name}-key",
            volume_name=f"{args.volume_name}-llama-server-key",
            content=args.settings.api_key,
            image_id=args.image_id,
            owner="",
            engine=self._engine,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _container(
        self,
        args: LlamaServerArgs,
        mount: docker.ContainerMountArgs,
        key: SecretFile | None,
        after: list[pulumi.Resource],
    ) -> docker.Container:
        settings = args.settings
        return docker.Container(
            # Without a physical name the container gets this one with a random suffix: for a moment there are two.
            args.container_name,
            image=args.image_id,
            envs=environment(args),
            command=["--api-key-file", key.path] if key else None,
            mounts=[mount, key.mount] if key else [mount],
            # A mount shows the file as it was when the container started: other content needs a new container.
            labels=[docker.ContainerLabelArgs(label="jina-search.model.sha256", value=args.model_sha256)],
            network_mode="bridge",
            networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=args.network)],
            hosts=[docker.ContainerHostArgs(host="host.docker.internal", ip="host-gateway")],
            device_requests=container.device_requests(args.device, settings.gpus),
            **cpu_limit(settings.cpus),
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

    def _gpu_check(self, name: str, args: LlamaServerArgs) -> pulumi.Resource:
        return run_program(
            f"{name}-gpu",
            "gpu_check",
            environment={
                **self._engine,
                "GPU_CHECK_IMAGE": args.image_id,
                "GPU_CHECK_GPUS": args.settings.gpus,
                "GPU_CHECK_ARCHITECTURES": args.cuda_architectures,
            },
            triggers=[args.image_id],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _embedding_check(
        self, name: str, args: LlamaServerArgs, server: docker.Container, *, url: str, after: pulumi.Resource
    ) -> command.local.Command:
        return run_program(
            name,
            "embedding_check",
            environment={
                **self._engine,
                "EMBEDDING_CHECK_URL": url,
                "EMBEDDING_CHECK_PORT": str(container.PORT),
                "EMBEDDING_CHECK_MODEL": args.model.name,
                "EMBEDDING_CHECK_WIDTH": str(args.model.dimensions),
                "EMBEDDING_CHECK_CONTAINER": server.name,
                "EMBEDDING_CHECK_API_KEY": pulumi.Output.secret(args.settings.api_key),
            },
            triggers=[server.id, args.proxy.container_id, args.image_id, args.model_sha256],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after]),
        )

    def _traffic(
        self, name: str, args: LlamaServerArgs, server: docker.Container, *, after: pulumi.Resource
    ) -> command.local.Command:
        return run_program(
            f"{name}-traffic",
            "traffic",
            environment={
                **self._engine,
                "TRAFFIC_PROXY": args.proxy.container_name,
                "TRAFFIC_SERVER": server.name,
            },
            triggers=[server.id, args.proxy.container_id],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after, args.proxy.answering]),
        )


def environment(args: LlamaServerArgs) -> list[str]:
    """Return the container's environment, sorted so that equal settings make no difference; no secret is in it."""
    chosen = container.environment(args.device, args.model, args.settings)
    return sorted(f"{key}={value}" for key, value in chosen.items())
