"""Declares the image with llama-server."""

import hashlib
import json
from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.settings import ImageSettings
from components.settings.schema import Device

BUILD_CONTEXT = "docker"
"""Folder of the Dockerfiles, relative to the project: the whole and only context of a build."""

DOCKERFILES: dict[Device, str] = {"cpu": "docker/Dockerfile", "cuda": "docker/Dockerfile.cuda"}


@dataclass(frozen=True, kw_only=True)
class ServerImageArgs:
    """What the image is made from."""

    device: Device
    settings: ImageSettings


class ServerImage(pulumi.ComponentResource):
    """An image with llama-server in the Docker engine; `image_id` changes exactly when its content does."""

    name: pulumi.Output[str]
    image_id: pulumi.Output[str]

    def __init__(self, name: str, args: ServerImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:image:ServerImage", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        if args.settings.prebuilt:
            pulled = docker.RemoteImage(name, name=args.settings.prebuilt, keep_locally=True, opts=own)
            self.name = pulled.name
            self.image_id = pulled.image_id
        else:
            built = docker.Image(
                name, image_name=image_name(args), build=image_build(args), skip_push=True, opts=own
            )
            self.name = built.image_name
            # Of an image that is not pushed, this is the id in the engine: the name would not change with the content.
            self.image_id = built.repo_digest
        self.register_outputs({"name": self.name, "image_id": self.image_id})


def image_build(args: ServerImageArgs) -> docker.DockerBuildArgs:
    """Describe the build: BuildKit, the Dockerfile of the device, and its arguments."""
    return docker.DockerBuildArgs(
        context=BUILD_CONTEXT,
        dockerfile=DOCKERFILES[args.device],
        builder_version=docker.BuilderVersion.BUILDER_BUILD_KIT,
        network=args.settings.build_network,
        args=build_arguments(args),
    )


def build_arguments(args: ServerImageArgs) -> dict[str, str]:
    """Return the build arguments that the Dockerfile of the device declares."""
    settings = args.settings
    arguments = {
        "LLAMA_CPP_REPOSITORY": settings.llama_cpp_repository,
        "LLAMA_CPP_REF": settings.llama_cpp_ref,
    }
    if settings.build_jobs:
        arguments["BUILD_JOBS"] = str(settings.build_jobs)
    if args.device == "cpu":
        return arguments | {"BASE_IMAGE": settings.base}
    return arguments | {
        "CUDA_DEVEL_IMAGE": settings.cuda_devel_base,
        "CUDA_RUNTIME_IMAGE": settings.cuda_runtime_base,
        "CUDA_ARCHITECTURES": settings.cuda_architectures,
    }


def image_name(args: ServerImageArgs) -> str:
    """Name the image after its device and its build arguments, so that no two builds share a tag."""
    arguments = json.dumps(build_arguments(args), sort_keys=True)
    digest = hashlib.sha256(arguments.encode()).hexdigest()[:12]
    return f"{args.settings.name}:{args.device}-{digest}"
