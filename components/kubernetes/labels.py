"""The labels by which the objects of a stack are found, as Kubernetes recommends them."""

from collections.abc import Mapping
from typing import Literal

Part = Literal["llama-server", "gateway", "elasticsearch", "model"]

NAME = "app.kubernetes.io/name"
INSTANCE = "app.kubernetes.io/instance"
LANE = "jina-search/lane"
REVISION = "jina-search/revision"


def stack_labels(stack: str) -> dict[str, str]:
    """Return the labels of everything that the stack, by its project and name, has in the cluster."""
    return {
        INSTANCE: stack,
        "app.kubernetes.io/part-of": "jina-search",
        "app.kubernetes.io/managed-by": "pulumi",
    }


def selected(labels: Mapping[str, str], part: Part) -> dict[str, str]:
    """Return the labels, of all those of the stack, by which the pods of one part are selected."""
    return {NAME: part, INSTANCE: labels[INSTANCE]}
