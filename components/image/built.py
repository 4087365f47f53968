"""Declares an image that the stack builds in the Docker engine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.commands.image_removal import GATEWAY_KINDS, SERVER_KINDS
from components.image.dynamic.engine_platform import EnginePlatformResource
from components.image.dynamic.wanted_image import WantedImageResource
from components.image.recipe import CONTEXT
from components.program.declaration import engine_environment, run_program
from components.settings import EngineSettings, ImageSettings


@dataclass(frozen=True, kw_only=True)
class ImageBuilds:
    """What all builds of the stack have in common.

    `owner` is the id of the stack, which its images bear in their tags; `platform` is what the images are for.
    """

    owner: pulumi.Input[str]
    engine: EngineSettings
    platform: pulumi.Input[str]
    settings: ImageSettings

    @classmethod
    def declare(
        cls,
        owner: pulumi.Input[str],
        engine: EngineSettings,
        settings: ImageSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> "ImageBuilds":
        """Declare the platform if no setting names it: the engine's own, asked once and kept in the state."""
        platform: pulumi.Input[str] = settings.platform
        if not settings.platform:
            platform = EnginePlatformResource("engine-platform", engine_environment(engine), opts).platform
        return cls(owner=owner, engine=engine, platform=platform, settings=settings)


@dataclass(frozen=True, kw_only=True)
class BuiltImageArgs:
    """Which image: `kind` is cpu, cuda or gateway; `dockerfile` is a path relative to the project."""

    builds: ImageBuilds
    kind: str
    dockerfile: str
    arguments: Mapping[str, pulumi.Input[str]]


class BuiltImage(pulumi.ComponentResource):
    """An image that is built where the engine lacks it; `image_id` changes exactly when its content does.

    `name` has a tag derived from what the image is built from. Destroying the stack removes the images that
    were built for this resource, those of earlier settings included.
    """

    name: pulumi.Output[str]
    image_id: pulumi.Output[str]

    def __init__(self, name: str, args: BuiltImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:image:BuiltImage", name, None, opts)
        builds, settings = args.builds, args.builds.settings
        engine = engine_environment(builds.engine)
        own = pulumi.ResourceOptions(parent=self)
        arguments = {**args.arguments, **_packages_date(settings)}
        recipe = {
            "image_name": settings.name,
            "owner": builds.owner,
            "kind": args.kind,
            "dockerfile": args.dockerfile,
            "arguments": arguments,
            "platform": builds.platform,
        }
        wanted = WantedImageResource(name, {**recipe, "engine": engine}, own)
        built = run_program(
            f"{name}-build",
            "image_build",
            environment={
                **engine,
                "IMAGE_BUILD_NAME": wanted.full_name,
                "IMAGE_BUILD_CONTEXT": CONTEXT,
                "IMAGE_BUILD_DOCKERFILE": args.dockerfile,
                "IMAGE_BUILD_ARGUMENTS": pulumi.Output.all(**arguments).apply(_as_json),
                "IMAGE_BUILD_PLATFORM": builds.platform,
                "IMAGE_BUILD_NETWORK": settings.build_network,
                "IMAGE_BUILD_CA_CERTIFICATE": settings.build_ca_certificate,
                "IMAGE_BUILD_APT_MIRROR": settings.apt_mirror,
                "IMAGE_BUILD_MARK": wanted.mark,
                "IMAGE_REMOVAL_OWNER": builds.owner,
                "IMAGE_REMOVAL_KINDS": ",".join(SERVER_KINDS if args.kind in SERVER_KINDS else GATEWAY_KINDS),
            },
            triggers=[],
            at_deletion="image_removal",
            opts=own,
        )
        self.name = wanted.full_name
        # Pulumi marks it secret if the engine is reached with a key; an image id is not secret.
        self.image_id = pulumi.Output.unsecret(built.stdout)
        self.register_outputs({"name": self.name, "image_id": self.image_id})


def _packages_date(settings: ImageSettings) -> dict[str, str]:
    return {"PACKAGES_DATE": settings.packages_date} if settings.packages_date else {}


def _as_json(arguments: Mapping[str, str]) -> str:
    return json.dumps(dict(arguments), sort_keys=True)
