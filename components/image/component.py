"""Declares the image with llama-server."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import pulumi
import pulumi_docker as docker

from components.image.dynamic.source_commit import SourceCommitResource
from components.settings import ImageSettings
from components.settings.schema import Device

BUILD_CONTEXT = "docker"
"""Folder of the Dockerfiles, relative to the project: the whole and only context of a build."""

DOCKERFILES: dict[Device, str] = {"cpu": "docker/Dockerfile", "cuda": "docker/Dockerfile.cuda"}

Text = TypeVar("Text", str, pulumi.Output[str])
"""A text that is known already, or one that only an update will know."""


@dataclass(frozen=True, kw_only=True)
class ServerImageArgs:
    """What the image is made from."""

    device: Device
    settings: ImageSettings


class ServerImage(pulumi.ComponentResource):
    """An image with llama-server in the Docker engine; `image_id` changes exactly when its content does.

    `commit` is the one of llama.cpp that it is built from, also where the setting names a branch. That is looked up
    when it is set; when it moves, nothing changes by itself: `pulumi refresh` reports the move, and `upstream_commit`
    is then the commit to set as llamaCppRef. Both are empty for a prebuilt image.
    """

    name: pulumi.Output[str]
    image_id: pulumi.Output[str]
    commit: pulumi.Output[str]
    upstream_commit: pulumi.Output[str]

    def __init__(self, name: str, args: ServerImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:image:ServerImage", name, None, opts)
        if args.settings.prebuilt:
            self._pull(name, args.settings.prebuilt)
        else:
            self._build(name, args)
        self.register_outputs(
            {
                "name": self.name,
                "image_id": self.image_id,
                "commit": self.commit,
                "upstream_commit": self.upstream_commit,
            }
        )

    def _pull(self, name: str, prebuilt: str) -> None:
        own = pulumi.ResourceOptions(parent=self)
        pulled = docker.RemoteImage(name, name=prebuilt, keep_locally=True, opts=own)
        self.name = pulled.name
        self.image_id = pulled.image_id
        self.commit = self.upstream_commit = pulumi.Output.from_input("")

    def _build(self, name: str, args: ServerImageArgs) -> None:
        own = pulumi.ResourceOptions(parent=self)
        wanted = {"repository": args.settings.llama_cpp_repository, "ref": args.settings.llama_cpp_ref}
        source = SourceCommitResource(name, wanted, own)
        arguments = build_arguments(args, source.commit, source.created)
        tagged = pulumi.Output.all(**arguments).apply(lambda known: image_name(args, known))
        built = docker.Image(
            name, image_name=tagged, build=_image_build(args, arguments), skip_push=True, opts=own
        )
        self.name = built.image_name
        # Of an image that is not pushed, this is the id in the engine: the name would not change with the content.
        self.image_id = built.repo_digest
        self.commit = source.commit
        self.upstream_commit = source.upstream_commit


def _image_build(
    args: ServerImageArgs, arguments: Mapping[str, str | pulumi.Output[str]]
) -> docker.DockerBuildArgs:
    """Describe the build: BuildKit, the Dockerfile of the device, and its arguments.

    The dictionary of arguments itself must be known in a preview, or the docker provider fails; values need not be.
    """
    return docker.DockerBuildArgs(
        context=BUILD_CONTEXT,
        dockerfile=DOCKERFILES[args.device],
        builder_version=docker.BuilderVersion.BUILDER_BUILD_KIT,
        network=args.settings.build_network,
        args=dict(arguments),
    )


def build_arguments(args: ServerImageArgs, commit: Text, created: Text) -> dict[str, str | Text]:
    """Return the build arguments that the Dockerfile of the device declares.

    `commit` is the one of llama.cpp to build, and `created` when it was made (RFC 3339).
    """
    settings = args.settings
    arguments: dict[str, str | Text] = {
        "LLAMA_CPP_REPOSITORY": settings.llama_cpp_repository,
        "LLAMA_CPP_REF": commit,
        "LLAMA_CPP_VERSION": settings.llama_cpp_ref,
        "LLAMA_CPP_CREATED": created,
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


def image_name(args: ServerImageArgs, arguments: Mapping[str, str]) -> str:
    """Name the image after its device and its build arguments, so that no two builds share a tag."""
    digest = hashlib.sha256(json.dumps(dict(arguments), sort_keys=True).encode()).hexdigest()[:12]
    return f"{args.settings.name}:{args.device}-{digest}"
