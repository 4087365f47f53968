"""The content of a model file as a Pulumi resource. States name this module and its classes: never move them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi import dynamic

from components.dynamic_provider import StackProvider, is_unknown, say
from components.model.wanted import Content, WantedFile

SCHEMA_VERSION = 1
"""Version of the outputs that a state holds."""

PLACE = ("repository", "file")
"""What names the file, at some revision."""

INPUTS = (*PLACE, "revision", "path", "expected_sha256")


class ModelPinProvider(StackProvider):
    """Resolves a revision to a commit and a SHA-256, by components.model.pin; downloads nothing."""

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Update in place when another file, revision or content is wanted; asks nobody.

        A branch that moved upstream changes nothing: `upstream_commit` is a report.
        """
        changed = any(is_unknown(news.get(key)) or olds.get(key) != news.get(key) for key in INPUTS)
        return dynamic.DiffResult(changes=changed or olds.get("schema_version") != SCHEMA_VERSION)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Ask the Hub, unless the settings say all."""
        return dynamic.CreateResult(f"{props['repository']}/{props['file']}", _outputs(props, None, ""))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Ask the Hub what a branch or tag is now, and record it where that has another file.

        A commit takes no request.
        """
        moved = _upstream_commit(props)
        return dynamic.ReadResult(id_, {**props, "upstream_commit": moved}, _inputs(props))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Resolve again what is another file or revision. What is held stays if the revision is its own full commit."""
        same_file = all(olds[key] == news[key] for key in PLACE)
        same = same_file and news["revision"] in (olds["revision"], olds["commit"])
        reported = olds.get("upstream_commit") or ""
        unmoved = same and news["revision"] == olds["revision"]
        outputs = _outputs(news, _held(olds) if same else None, reported if unmoved else "")
        return dynamic.UpdateResult(outputs)


def _outputs(props: Mapping[str, Any], held: Content | None, moved: str) -> dict[str, Any]:
    # The Hub's library takes long to import: a preview must not.
    from components.model.pin import pin  # noqa: PLC0415

    found = pin(_wanted(props, held), say)
    return _inputs(props) | {
        "commit": found.commit,
        "sha256": found.sha256,
        "upstream_commit": moved,
        "schema_version": SCHEMA_VERSION,
    }


def _upstream_commit(props: Mapping[str, Any]) -> str:
    held = _held(props)
    wanted = _wanted(props, held)
    if not wanted.moves:
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


def _held(outputs: Mapping[str, Any]) -> Content:
    return Content(commit=outputs["commit"], sha256=outputs["sha256"])


def _inputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS}


class ModelPinResource(dynamic.Resource, module="model", name="ModelPin"):
    """What a model file must contain: `commit`, which `revision` named when first asked, and `sha256`.

    `path` is where the file's users have it. `upstream_commit` is what `revision` named when last asked, where that has
    another file; else empty.
    """

    path: pulumi.Output[str]
    sha256: pulumi.Output[str]
    commit: pulumi.Output[str]
    upstream_commit: pulumi.Output[str]

    def __init__(
        self, name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the content with the INPUTS given."""
        outputs = dict.fromkeys(("sha256", "commit", "upstream_commit", "schema_version"))
        super().__init__(ModelPinProvider(), name, {**inputs, **outputs}, opts)
