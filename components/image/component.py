"""Declares the image with llama-server."""

from dataclasses import dataclass
from typing import TypeVar

import pulumi
import pulumi_docker as docker

from components.image.built import BuiltImage, BuiltImageArgs, ImageBuilds
from components.image.dynamic.source_commit import SourceCommitResource
from components.platform.interface import Image
from components.settings import ImageSettings
from components.settings.schema import Device

DOCKERFILES: dict[Device, str] = {"cpu": "docker/Dockerfile", "cuda": "docker/Dockerfile.cuda"}

Text = TypeVar("Text", str, pulumi.Output[str])
"""A text that is known already, or one that only an update will know."""


@dataclass(frozen=True, kw_only=True)
class ServerImageArgs:
    """What the image is made from; `builds` has the settings of all images."""

    device: Device
    builds: ImageBuilds


class ServerImage(Image):
    """The server's image in the Docker engine, built there or pulled; `name` has its tag."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: ServerImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:image:ServerImage", name, None, opts)
        settings = args.builds.settings
        if settings.prebuilt:
            self._pull(name, settings)
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

    def _pull(self, name: str, settings: ImageSettings) -> None:
        own = pulumi.ResourceOptions(parent=self)
        pulled = docker.RemoteImage(
            name, name=settings.prebuilt, platform=settings.platform or None, keep_locally=True, opts=own
        )
        self.name = pulled.name
        self.image_id = pulled.image_id
        self.commit = self.upstream_commit = pulumi.Output.from_input("")

    def _build(self, name: str, args: ServerImageArgs) -> None:
        own = pulumi.ResourceOptions(parent=self)
        settings = args.builds.settings
        wanted = {"repository": settings.llama_cpp_repository, "ref": settings.llama_cpp_ref}
        source = SourceCommitResource(name, wanted, own)
        built = BuiltImage(
            name,
            BuiltImageArgs(
                builds=args.builds,
                kind=args.device,
                dockerfile=DOCKERFILES[args.device],
                arguments=build_arguments(args.device, settings, source.commit),
            ),
            own,
        )
        self.name = built.name
        self.image_id = built.image_id
        self.commit, self.upstream_commit = source.commit, source.upstream_commit


def build_arguments(device: Device, settings: ImageSettings, commit: Text) -> dict[str, str | Text]:
    """Return the build arguments that the Dockerfile of the device declares, to build this commit of llama.cpp."""
    arguments: dict[str, str | Text] = {
        "LLAMA_CPP_REPOSITORY": settings.llama_cpp_repository,
        "LLAMA_CPP_REF": commit,
        "LLAMA_CPP_VERSION": settings.llama_cpp_ref,
    }
    if settings.build_jobs:
        arguments["BUILD_JOBS"] = str(settings.build_jobs)
    if device == "cpu":
        return arguments | {"BASE_IMAGE": settings.base}
    return arguments | {
        "CUDA_DEVEL_IMAGE": settings.cuda_devel_base,
        "CUDA_RUNTIME_IMAGE": settings.cuda_runtime_base,
        "CUDA_ARCHITECTURES": settings.cuda_architectures,
    }
