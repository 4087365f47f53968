"""Declares a model file that pods fetch: which content it must have."""

from dataclasses import dataclass

import pulumi

from components.model.dynamic.model_pin import ModelPinResource
from components.platform.interface import Model
from components.settings import ModelSettings


@dataclass(frozen=True, kw_only=True)
class ModelPinArgs:
    """What is pinned: the repository, revision and file of `settings`; `folder` is where its users have it."""

    folder: str
    settings: ModelSettings


class ModelPin(Model):
    """A model file that is fetched and verified where it is used, and not on this machine.

    A branch is looked up once. With modelSha256 and a full commit as modelRevision the Hub is never asked.
    """

    file: str

    def __init__(self, name: str, args: ModelPinArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("jina:model:ModelPin", name, None, opts)
        wanted = args.settings
        pinned = ModelPinResource(
            name,
            {
                "repository": wanted.repository,
                "revision": wanted.revision,
                "file": wanted.file,
                "path": f"{args.folder}/{wanted.file}",
                "expected_sha256": wanted.sha256,
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.file = wanted.file
        self.path = pinned.path
        self.sha256 = pinned.sha256
        self.revision = pinned.commit
        self.upstream_commit = pinned.upstream_commit
        self.register_outputs(
            {
                "path": self.path,
                "sha256": self.sha256,
                "revision": self.revision,
                "upstream_commit": self.upstream_commit,
            }
        )
