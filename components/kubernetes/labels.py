"""The labels by which the objects of a stack are found, as Kubernetes recommends them."""

import hashlib
import re
from collections.abc import Mapping
from typing import Literal

Part = Literal["llama-server", "gateway", "elasticsearch", "model"]

NAME = "app.kubernetes.io/name"
INSTANCE = "app.kubernetes.io/instance"
PART_OF = "app.kubernetes.io/part-of"
LANE = "jina-search/lane"
REVISION = "jina-search/revision"

LONGEST = 63
"""Characters of a label's value, and of most names in a cluster (RFC 1123)."""

DIGITS = 8


def instance(stack: str) -> str:
    """Return what a stack, by its project and name, is called in a cluster: the same, where Kubernetes allows it.

    Pulumi's names may be longer, and have capitals, dots and underscores. What is left of such a name gets digits of
    its digest, so that no other stack is called the same.
    """
    if len(stack) <= LONGEST and re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", stack):
        return stack
    digest = hashlib.sha256(stack.encode()).hexdigest()[:DIGITS]
    left = re.sub(r"[^a-z0-9]+", "-", stack.lower())[: LONGEST - DIGITS - 1].strip("-")
    return f"{left}-{digest}"


def stack_labels(stack: str) -> dict[str, str]:
    """Return the labels of everything that the stack, by its project and name, has in the cluster."""
    return {
        INSTANCE: instance(stack),
        PART_OF: "jina-search",
        "app.kubernetes.io/managed-by": "pulumi",
    }


def selected(labels: Mapping[str, str], part: Part) -> dict[str, str]:
    """Return the labels, of all those of the stack, by which the pods of one part are selected."""
    return {NAME: part, INSTANCE: labels[INSTANCE]}
