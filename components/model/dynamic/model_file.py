"""A model file as a Pulumi resource. Stacks' states name this module and its classes: never move or rename them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi import dynamic

from components.dynamic_provider import StackProvider, is_unknown, say
from components.model import local_file
from components.model.machine import this_machine
from components.model.wanted import Content, WantedFile

SCHEMA_VERSION = 3
"""Version of the outputs that a state holds; before 3 it has neither `directory` nor `machine`."""

NAMED_BY = ("repository", "revision", "file", "directory")
"""What the place follows from, in every checkout on every machine; `directory` is as the setting says it."""

INPUTS = (*NAMED_BY, "path", "expected_sha256", "keep_files")


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
        """Replace the resource for another place, fetching that file before the old one goes; update all else in place.

        The path of another checkout does not count as another place: the file stays where the state has it. On the
        machine that it is on, a file that is missing or was written to is a change: a look at it takes no time, and
        `up` mends it, where the checkout is now if that was moved. A branch that moved upstream changes nothing:
        `upstream_commit` is a report, which stays in the state until it is taken.
        """
        changed = {key for key in INPUTS if is_unknown(news.get(key)) or olds.get(key) != news.get(key)}
        outdated = olds.get("schema_version") != SCHEMA_VERSION
        seen = _look(olds)
        lost = seen in ("missing", "changed")
        to_fetch = seen == "missing" or (seen == "away" and _other_content(olds, news))
        moves = "path" in changed and (to_fetch or is_unknown(news["path"]) or bool(changed & {*NAMED_BY}))
        return dynamic.DiffResult(
            changes=bool(changed - {"path"}) or moves or outdated or lost,
            replaces=["path"] if moves else [],
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

        One on another machine is taken to be there. Asks the Hub what a branch or tag is now, and records it where
        that is another file; a commit takes no request.
        """
        path, held = Path(id_), _held(props)
        if held and _look(props) == "away":
            say(f"{path} is on another machine, or not for this user to see; it counts as unchanged")
        elif held is None or not local_file.is_intact(path, held.sha256):
            say(f"{path} is {'not what was verified' if path.exists() else 'missing'}")
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
        stays = news | {"path": olds["path"]}
        if _look(olds) == "away" and not _other_content(olds, news):
            return dynamic.UpdateResult(olds | _inputs(stays) | {"schema_version": SCHEMA_VERSION})
        outputs = _ensure(stays, _held(olds))
        unchanged = outputs["sha256"] == olds.get("sha256")
        moved = olds.get("upstream_commit", "") if unchanged else ""
        return dynamic.UpdateResult(outputs | {"upstream_commit": moved})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Remove the file unless files are kept, so that going back to an earlier quantisation takes no time."""
        if props["keep_files"]:
            return
        if _look(props) == "away":
            say(f"{props['path']} is on another machine, or not for this user to see, and stays there")
        else:
            local_file.remove(Path(props["path"]))


def _ensure(props: Mapping[str, Any], held: Content | None) -> dict[str, Any]:
    # The Hub's library takes long to import: a preview must not.
    from components.model.download import ensure_model_file  # noqa: PLC0415

    found = ensure_model_file(_wanted(props, held), say)
    outputs = {"size": found.size, "sha256": found.sha256, "commit": found.commit, "machine": this_machine()}
    return _inputs(props) | outputs | {"schema_version": SCHEMA_VERSION}


def _look(outputs: Mapping[str, Any]) -> local_file.Look:
    # A state of an earlier version does not say which machine has the file: it counts as this one.
    if outputs.get("machine", here := this_machine()) != here:
        return "away"
    return local_file.look(Path(outputs["path"]), str(outputs.get("sha256")))


def _other_content(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    return news["expected_sha256"] not in ("", olds.get("sha256"))


def _upstream_commit(props: Mapping[str, Any]) -> str:
    held = _held(props)
    wanted = _wanted(props, held)
    if held is None or not wanted.moves:
        return ""
    from components.model.resolution import upstream_commit  # noqa: PLC0415 (as above)

    return upstream_commit(wanted, held, props.get("upstream_commit") or "", say)


def _wanted(props: Mapping[str, Any], held: Content | None) -> WantedFile:
    return WantedFile(
        repository=props["repository"],
        revision=props["revision"],
        file=props["file"],
        path=Path(props["path"]),
        sha256=props["expected_sha256"],
        held=held,
    )


def _held(outputs: Mapping[str, Any]) -> Content | None:
    commit, sha256 = outputs.get("commit"), outputs.get("sha256")
    return Content(commit=commit, sha256=sha256) if commit and sha256 else None


def _inputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS if key in props}


class ModelFileResource(dynamic.Resource, module="model", name="ModelFile"):
    """A model file at `path`: `size` in bytes, `commit` the commit that `revision` named when the file was fetched.

    `path` is on the machine that fetched it, which may be another one. `upstream_commit` is what `revision` named when
    last asked, where that has another file; else empty.
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
        outputs = dict.fromkeys(("size", "sha256", "commit", "machine", "upstream_commit", "schema_version"))
        super().__init__(ModelFileProvider(), name, {**inputs, **outputs}, opts)
