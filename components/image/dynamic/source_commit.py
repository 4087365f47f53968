"""The commit of llama.cpp as a Pulumi resource. Stacks' states name this module and its classes: never move them."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import dynamic

from components.dynamic_provider import StackProvider, is_unknown, say
from components.image.source_commit import find_commit, upstream_commit

SCHEMA_VERSION = 1
"""Version of the outputs that a state holds."""

INPUTS = ("repository", "ref")


class SourceCommitProvider(StackProvider):
    """Keeps the commit that a branch or tag named at the first lookup, by components.image.source_commit."""

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Update in place when another ref or repository is wanted; asks nobody.

        A branch that moved upstream changes nothing: `upstream_commit` is a report.
        """
        changed = any(is_unknown(news.get(key)) or olds.get(key) != news.get(key) for key in INPUTS)
        return dynamic.DiffResult(changes=changed or olds.get("schema_version") != SCHEMA_VERSION)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Ask the repository."""
        found = find_commit(props["repository"], props["ref"])
        return dynamic.CreateResult(found, _outputs(props, found, ""))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Ask again what a branch or tag is, and record it where it is another commit; a commit takes no request."""
        before = props.get("upstream_commit") or ""
        moved = upstream_commit(props["repository"], props["ref"], props["commit"], before, say)
        return dynamic.ReadResult(id_, {**props, "upstream_commit": moved}, _inputs(props))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Look up another ref. The held commit stays if the new ref is its own full name."""
        held = olds["commit"]
        if _inputs(news) == _inputs(olds):
            return dynamic.UpdateResult(_outputs(news, held, olds.get("upstream_commit") or ""))
        pinned = news["repository"] == olds["repository"] and news["ref"] == held
        found = held if pinned else find_commit(news["repository"], news["ref"])
        return dynamic.UpdateResult(_outputs(news, found, ""))


def _outputs(props: Mapping[str, Any], commit: str, moved: str) -> dict[str, Any]:
    return _inputs(props) | {
        "commit": commit,
        "upstream_commit": moved,
        "schema_version": SCHEMA_VERSION,
    }


def _inputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS}


class SourceCommitResource(dynamic.Resource, module="image", name="SourceCommit"):
    """The commit of `repository` that `ref` named at the first lookup.

    `upstream_commit` is what `ref` was when last asked, where that is another commit; else empty.
    """

    commit: pulumi.Output[str]
    upstream_commit: pulumi.Output[str]

    def __init__(
        self, name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the commit with the INPUTS given."""
        outputs = dict.fromkeys(("commit", "upstream_commit", "schema_version"))
        super().__init__(SourceCommitProvider(), name, {**inputs, **outputs}, opts)
