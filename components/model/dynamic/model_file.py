"""A model file as a Pulumi resource. Stacks' states name this module and its classes: never move or rename them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi import dynamic

from components.dynamic_provider import StackProvider, is_unknown
from components.model import local_file
from components.model.wanted import Held, WantedFile

SCHEMA_VERSION = 2
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

        So is a file that is missing or was written to: a look at it takes no time, and `up` mends it. A branch that
        moved upstream changes nothing: `upstream_commit` is a report, which stays in the state until it is taken.
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
        """Fetch and verify the file, or find it there already.

        A place that had a file once gets that one again, also when `read` found it missing: so the Hub is asked whether
        that is still the newest.
        """
        before = local_file.recorded_content(Path(props["path"]))
        outputs = _ensure(props, None)
        moved = _upstream_commit(outputs) if before else ""
        return dynamic.CreateResult(props["path"], outputs | {"upstream_commit": moved})

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Read the whole file again: one that is missing or has other bytes is gone, and `up` mends it.

        Asks the Hub what a branch or tag is now, and records it where that is another file; a commit takes no request.
        """
        path, held = Path(id_), _held(props)
        if held is None or not local_file.is_intact(path, held.sha256):
            _say(f"{path} is {'not what was verified' if path.exists() else 'missing'}")
            if held:
                local_file.hold(path, held)  # the state forgets it now
            return dynamic.ReadResult("", {})
        outputs = dict(props)
        moved = _upstream_commit(props)
        if moved or "upstream_commit" in props:  # a state of before has none, and `update` adds it
            outputs["upstream_commit"] = moved
        return dynamic.ReadResult(id_, outputs, _inputs(props))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Verify the file against inputs that leave it at its place; what was reported of upstream stays reported."""
        outputs = _ensure(news, _held(olds))
        unchanged = outputs["sha256"] == olds.get("sha256")
        moved = olds.get("upstream_commit", "") if unchanged else ""
        return dynamic.UpdateResult(outputs | {"upstream_commit": moved})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Remove the file unless files are kept, so that going back to an earlier quantisation takes no time."""
        if not props["keep_files"]:
            local_file.remove(Path(props["path"]))


def _ensure(props: Mapping[str, Any], held: Held | None) -> dict[str, Any]:
    # The Hub's library takes long to import: a preview must not.
    from components.model.download import ensure_model_file  # noqa: PLC0415

    found = ensure_model_file(_wanted(props, held), _say)
    outputs = {"size": found.size, "sha256": found.sha256, "commit": found.commit}
    return _inputs(props) | outputs | {"schema_version": SCHEMA_VERSION}


def _upstream_commit(props: Mapping[str, Any]) -> str:
    held = _held(props)
    wanted = _wanted(props, held)
    if held is None or not wanted.moves:
        return ""
    from components.model.upstream import upstream_commit  # noqa: PLC0415 (as above)

    return upstream_commit(wanted, held, props.get("upstream_commit") or "", _say)


def _wanted(props: Mapping[str, Any], held: Held | None) -> WantedFile:
    return WantedFile(
        repository=props["repository"],
        revision=props["revision"],
        file=props["file"],
        path=Path(props["path"]),
        sha256=props["expected_sha256"],
        held=held,
    )


def _held(outputs: Mapping[str, Any]) -> Held | None:
    commit, sha256 = outputs.get("commit"), outputs.get("sha256")
    return Held(commit=commit, sha256=sha256) if commit and sha256 else None


def _say(line: str) -> None:
    print(line, flush=True)


def _inputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS}


class ModelFileResource(dynamic.Resource, module="model", name="ModelFile"):
    """A model file at `path`: `size` in bytes, `commit` the one that `revision` was when it was fetched.

    `upstream_commit` is what `revision` was when last asked, where that has another file; else empty.
    """

    path: pulumi.Output[str]
    size: pulumi.Output[int]
    sha256: pulumi.Output[str]
    commit: pulumi.Output[str]
    upstream_commit: pulumi.Output[str]

    def __init__(
        self, name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the file with the INPUTS given."""
        outputs = dict.fromkeys(("size", "sha256", "commit", "upstream_commit", "schema_version"))
        super().__init__(ModelFileProvider(), name, {**inputs, **outputs}, opts)
