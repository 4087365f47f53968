"""Declares the model file."""

from dataclasses import dataclass

import pulumi

from components.model.dynamic.model_file import ModelFileResource
from components.model.wanted import model_path
from components.platform.interface import Model
from components.settings import ModelSettings


@dataclass(frozen=True, kw_only=True)
class ModelDownloadArgs:
    """What is downloaded: the repository, revision and file of `settings`, into its directory."""

    settings: ModelSettings


class ModelDownload(Model):
    """The model file on this machine.

    `path` is absolute and known in previews already; another checkout or machine sees the path on the machine that
    fetched the file. `bytes` is its size. A branch is looked up when its file is fetched first, and a file that is
    damaged or missing is fetched again from the commit of before.
    """

    file: str
    bytes: pulumi.Output[int]

    def __init__(
        self, name: str, args: ModelDownloadArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("jina:model:ModelDownload", name, None, opts)
        wanted = args.settings
        downloaded = ModelFileResource(
            name,
            {
                "repository": wanted.repository,
                "revision": wanted.revision,
                "file": wanted.file,
                "directory": wanted.directory_as_set,
                "path": model_path(wanted.directory, wanted.repository, wanted.revision, wanted.file),
                "expected_sha256": wanted.sha256,
                "keep_files": wanted.keep_files,
            },
            pulumi.ResourceOptions(parent=self),
        )
        self.file = wanted.file
        self.path = downloaded.path
        self.bytes = downloaded.size
        self.sha256 = downloaded.sha256
        self.revision = downloaded.commit
        self.upstream_commit = downloaded.upstream_commit
        self.register_outputs(
            {
                "path": self.path,
                "bytes": self.bytes,
                "sha256": self.sha256,
                "revision": self.revision,
                "upstream_commit": self.upstream_commit,
            }
        )
