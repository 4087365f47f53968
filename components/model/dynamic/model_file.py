"""A model file as a Pulumi resource. Stacks' states name this module and its classes: never move or rename them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi import dynamic

from components.dynamic_provider import StackProvider, is_unknown
from components.model import local_file
from components.model.wanted import WantedFile

SCHEMA_VERSION = 1
"""Version of the outputs that a state holds."""

INPUTS = ("repository", "revision", "file", "path", "expected_sha256", "keep_files")


class ModelFileProvider(StackProvider):
    """Downloads and verifies; the work is done in components.model.download and components.model.local_file."""

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Refuse names that would lead out of the models directory."""
        failures = [
            dynamic.CheckFailure(key, f'{news[key]} contains "." or ".." as a part: name it in full.')
            for key in ("repository", "revision")
            if not is_unknown(news[key]) and {".", ".."} & set(str(news[key]).split("/"))
        ]
        return dynamic.CheckResult(news, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Another place is another resource, fetched before the old one goes; all else is updated in place.

        So is a file that is missing or was written to: a look at it takes no time, and `up` mends it.
        """
        changed = [key for key in INPUTS if is_unknown(news.get(key)) or olds.get(key) != news.get(key)]
        outdated = olds.get("schema_version") != SCHEMA_VERSION
        found = local_file.recorded(Path(olds["path"]))
        touched = found is None or found.sha256 != olds.get("sha256")
        return dynamic.DiffResult(
            changes=bool(changed) or outdated or touched,
            replaces=["path"] if "path" in changed else [],
            delete_before_replace=False,
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Fetch and verify the file, or find it there already."""
        return dynamic.CreateResult(props["path"], _ensure(props))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Read the whole file again: one that is missing or has other bytes is gone, and `up` mends it."""
        path, sha256 = Path(id_), props.get("sha256", "")
        if not local_file.is_intact(path, sha256):
            print(f"{path} is {'not what was verified' if path.exists() else 'missing'}", flush=True)
            return dynamic.ReadResult("", {})
        return dynamic.ReadResult(id_, dict(props), _inputs(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Verify the file against inputs that leave it at its place."""
        return dynamic.UpdateResult(_ensure(news))

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Remove the file unless files are kept, so that going back to an earlier quantisation takes no time."""
        if not props["keep_files"]:
            local_file.remove(Path(props["path"]))


def _ensure(props: Mapping[str, Any]) -> dict[str, Any]:
    # The Hub's library takes long to import: a preview must not.
    from components.model.download import ensure_model_file  # noqa: PLC0415

    wanted = WantedFile(
        repository=props["repository"],
        revision=props["revision"],
        file=props["file"],
        path=Path(props["path"]),
        sha256=props["expected_sha256"],
    )
    found = ensure_model_file(wanted, lambda line: print(line, flush=True))
    outputs = {"size": found.size, "sha256": found.sha256, "commit": found.commit}
    return _inputs(props) | outputs | {"schema_version": SCHEMA_VERSION}


def _inputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS}


class ModelFileResource(dynamic.Resource, module="model", name="ModelFile"):
    """A model file at `path`: `size` in bytes, `commit` the one that `revision` was when it was fetched."""

    path: pulumi.Output[str]
    size: pulumi.Output[int]
    sha256: pulumi.Output[str]
    commit: pulumi.Output[str]

    def __init__(
        self, name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the file with the INPUTS given."""
        outputs = {"size": None, "sha256": None, "commit": None, "schema_version": None}
        super().__init__(ModelFileProvider(), name, {**inputs, **outputs}, opts)
