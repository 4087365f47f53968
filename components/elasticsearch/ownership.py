"""Who owns which indices, pipelines and endpoints: several stacks, and people, may share a cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.elasticsearch.identity import MANAGED_BY

OWNER = "owner"
"""The key in a `_meta` that holds the id of the stack that made something."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a stack owns: things marked with its id `owner`, and nothing else.

    `unowned` adds things without an owner, as version 0.1.0 made them: for a stack whose state says that
    it made such things. `handed_over` adds things of another stack: for a stack that was told to take them over.
    `siblings` are the aliases of the stack's other indices: their generations never belong to this one's index,
    whatever its alias leads to.
    """

    owner: str = ""
    unowned: bool = False
    handed_over: bool = False
    siblings: frozenset[str] = frozenset()

    def covers(self, owner: str) -> bool:
        """Tell whether something of that owner, empty for none, belongs to the stack."""
        return self.handed_over or owner == self.owner or (self.unowned and not owner)


def owner_of(meta: Mapping[str, Any]) -> str:
    """Return the owner that a `_meta` names; empty where it names none."""
    return str(meta.get(OWNER) or "")


def is_managed(meta: Mapping[str, Any]) -> bool:
    """Tell whether a `_meta` is of something that a stack of this project made."""
    return meta.get("managed_by") == MANAGED_BY


def another_stacks(what: str, owner: str, index: str) -> str:
    """Return a message that something belongs to another, or an unknown, stack, with the ways out."""
    whose = f"the stack {owner}" if owner else "a stack of version 0.1.0, which left no name"
    same = (
        f" If this is that stack, and its state was lost: `pulumi config set stackId {owner}`."
        if owner
        else ""
    )
    return (
        f"{what} belongs to {whose}, and nothing of it was touched.{same} Otherwise give this stack names of its own "
        "(`pulumi config set` elasticsearchIndex, elasticsearchPipelineId and elasticsearchInferenceId), or have it "
        "take over that stack's index, pipeline and endpoint with all documents, which the other must not use again:\n"
        f"  pulumi up --config elasticsearchAdopt={index}"
    )
