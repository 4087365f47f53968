"""A small stack of everything that the stand-in plugins serve."""

import pulumi
import pulumi_command as command
import pulumi_docker as docker

config = pulumi.Config()
prefix = config.require("prefix")
network = docker.Network("network", name=f"{prefix}-network", driver="bridge")
volume = docker.Volume("volume", name=f"{prefix}-volume")
base = docker.RemoteImage("base", name="debian:bookworm-slim", keep_locally=True)
image = docker.Image(
    "image",
    image_name=f"{prefix}-image:1",
    skip_push=True,
    build=docker.DockerBuildArgs(
        context="context",
        dockerfile="context/Dockerfile",
        builder_version=docker.BuilderVersion.BUILDER_BUILD_KIT,
        network="host",
        args={"BASE": base.name},
    ),
)
gpu = [docker.ContainerDeviceRequestArgs(driver="nvidia", count=-1, capabilities=["gpu"])]
server = docker.Container(
    "server",
    name=f"{prefix}-server",
    image=image.repo_digest,
    command=["sh", "-c", config.require("command")],
    envs=[f"GREETING={config.require('greeting')}"],
    ports=[docker.ContainerPortArgs(internal=8080, external=config.require_int("port"), ip="127.0.0.1")],
    mounts=[docker.ContainerMountArgs(type="volume", source=volume.name, target="/data")],
    network_mode="bridge",
    networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network.name, aliases=["server"])],
    device_requests=gpu if config.require_bool("gpu") else None,
    healthcheck=docker.ContainerHealthcheckArgs(
        tests=["CMD", "true"], interval="1s", timeout="2s", retries=3
    ),
    wait=True,
    wait_timeout=30,
    restart="unless-stopped",
    destroy_grace_seconds=0,
)
check = command.local.Command(
    "check",
    create=config.require("check"),
    environment={"WHO": pulumi.Output.secret("a-secret-name")},
    triggers=[server.id],
)
pulumi.export("server", server.id)
pulumi.export("checked", check.stdout)
