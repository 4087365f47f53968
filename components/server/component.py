"""Declares the container of llama-server, and the checks that it does what it is for."""

from dataclasses import dataclass

import pulumi
import pulumi_command as command
import pulumi_docker as docker

from components.server import container
from components.settings import ModelSettings, ServerSettings
from components.settings.schema import Device


@dataclass(frozen=True, kw_only=True)
class LlamaServerArgs:
    """What the server is made from.

    `container_name` is its name in the Docker engine, `model_path` and `model_sha256` are the model file on
    this machine and its content, `network` the name of the stack's network.
    """

    container_name: str
    device: Device
    image_id: pulumi.Input[str]
    model_path: pulumi.Input[str]
    model_sha256: pulumi.Input[str]
    network: pulumi.Input[str]
    model: ModelSettings
    settings: ServerSettings


class LlamaServer(pulumi.ComponentResource):
    """A running llama-server.

    `url` is where this machine reaches it, `network_embeddings_url` where containers of the stack do; `checked`
    resolves, to what was seen, once the server has answered with an embedding that is right.
    """

    url: str
    embeddings_url: str
    network_embeddings_url: str
    container_id: pulumi.Output[str]
    checked: pulumi.Output[str]

    def __init__(self, name: str, args: LlamaServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:server:LlamaServer", name, None, opts)
        self.url = f"http://{container.reachable_address(args.settings.address)}:{args.settings.port}"
        self.embeddings_url = f"{self.url}/v1/embeddings"
        self.network_embeddings_url = f"http://{container.ALIAS}:{container.PORT}/v1/embeddings"
        gpu = [self._gpu_check(name, args)] if args.device == "cuda" else []
        server = self._container(name, args, gpu)
        self.container_id = server.id
        # Secret only because the check is given the API key: what it says of the server is not.
        self.checked = pulumi.Output.unsecret(self._embedding_check(name, args, server).stdout)
        self.register_outputs(
            {"url": self.url, "embeddings_url": self.embeddings_url, "checked": self.checked}
        )

    def _container(self, name: str, args: LlamaServerArgs, after: list[pulumi.Resource]) -> docker.Container:
        settings = args.settings
        return docker.Container(
            name,
            name=args.container_name,
            image=args.image_id,
            envs=environment(args),
            ports=[
                docker.ContainerPortArgs(internal=container.PORT, external=settings.port, ip=settings.address)
            ],
            mounts=[
                docker.ContainerMountArgs(
                    type="bind",
                    source=args.model_path,
                    target=f"{container.MODELS}/{args.model.file}",
                    read_only=True,
                )
            ],
            # A mount shows the file that was there at the start: another content must be another container.
            labels=[docker.ContainerLabelArgs(label="jina-search.model.sha256", value=args.model_sha256)],
            network_mode="bridge",
            networks_advanced=[
                docker.ContainerNetworksAdvancedArgs(name=args.network, aliases=[container.ALIAS])
            ],
            hosts=[docker.ContainerHostArgs(host="host.docker.internal", ip="host-gateway")],
            device_requests=container.device_requests(args.device, settings.gpus),
            cpus=settings.cpus or None,
            memory=settings.memory or None,
            healthcheck=container.healthcheck(),
            wait=True,
            wait_timeout=container.READY_WITHIN,
            must_run=True,
            restart="unless-stopped",
            destroy_grace_seconds=container.STOPPED_AFTER,
            read_only=True,
            tmpfs={"/tmp": "rw,noexec,nosuid,size=64m"},  # noqa: S108 (a file system inside the container)
            capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
            security_opts=["no-new-privileges"],
            log_driver="json-file",
            log_opts={"max-size": "10m", "max-file": "3"},
            # The name and the published port can belong to one container only.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True, depends_on=after),
        )

    def _gpu_check(self, name: str, args: LlamaServerArgs) -> pulumi.Resource:
        script = "python3 components/server/gpu_check.py"
        return command.local.Command(
            f"{name}-gpu",
            create=script,
            update=script,
            environment={"GPU_CHECK_IMAGE": args.image_id, "GPU_CHECK_GPUS": args.settings.gpus},
            triggers=[args.image_id],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _embedding_check(
        self, name: str, args: LlamaServerArgs, server: docker.Container
    ) -> command.local.Command:
        script = "python3 components/server/embedding_check.py"
        return command.local.Command(
            f"{name}-embedding",
            create=script,
            update=script,
            environment={
                "EMBEDDING_CHECK_URL": self.embeddings_url,
                "EMBEDDING_CHECK_MODEL": args.model.name,
                "EMBEDDING_CHECK_WIDTH": str(args.model.width),
                "EMBEDDING_CHECK_CONTAINER": args.container_name,
                "EMBEDDING_CHECK_API_KEY": pulumi.Output.secret(args.settings.api_key),
            },
            triggers=[server.id, args.image_id, args.model_sha256],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[server]),
        )


def environment(args: LlamaServerArgs) -> pulumi.Output[list[str]]:
    """Return the container's environment, sorted so that equal settings make no difference; secret with a key."""
    chosen = container.environment(args.device, args.model, args.settings)
    listed = sorted(f"{key}={value}" for key, value in chosen.items())
    if not args.settings.api_key:
        return pulumi.Output.from_input(listed)
    return pulumi.Output.secret([*listed, f"LLAMA_API_KEY={args.settings.api_key}"])
