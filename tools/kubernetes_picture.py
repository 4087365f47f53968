"""Draws docs/kubernetes.svg, the stack in a cluster: `make pictures`."""

import sys

from components.settings.quantisations import QUANTS
from components.settings.schema import DIMS
from tools.drawing import Box, Picture, Text, defaults

DESCRIPTION = (
    "Pulumi declares a namespace of a Kubernetes cluster. Pods of llama-server, one Deployment for queries and one for "
    "documents, pull their image by its digest and check the model file against its SHA-256. Gateways in front of them "
    "answer at two Services, to which clients come from pods, by an Ingress or an HTTPRoute, or by kubectl "
    "port-forward. A changed model, image or setting makes a Deployment of another revision beside the old one, and "
    "all gateways are switched from one to the other together. Elasticsearch, a cluster of yours or a node for trials, "
    "asks the gateways for embeddings through its inference endpoints."
)

FLOWS = (
    "M214 153H260",
    "M214 248H260",
    "M444 173H428",
    "M444 285H428",
    "M628 192H604",
    "M718 228V218",
    "M808 268H834",
    "M521 388V348",
    "M718 388V314",
    "M918 388V314",
)
DECLARATIONS = ("M340 74V128", "M521 74V128", "M812 74V128")


def picture() -> Picture:
    """Return the picture, with the numbers and names that are the defaults of the settings."""
    return Picture(
        file="kubernetes.svg",
        title="The stack in a Kubernetes cluster",
        description=DESCRIPTION,
        width=1048,
        height=466,
        boxes=_boxes(),
        labels=_labels(),
        flows=FLOWS,
        declarations=DECLARATIONS,
    )


def _boxes() -> tuple[Box, ...]:
    default = defaults()
    gateway = (
        f"{default['kubernetesGatewayReplicas']} pods or more",
        "Services:",
        "llama-server",
        "llama-server-queries",
        "adds the prefix",
        "cuts to dims",
    )
    return (
        Box(24, 20, 1000, 54, "pulumi up -s k8s", ("the same program",), "strong", "bar"),
        Box(24, 124, 190, 58, "image registry", ("pulled by digest",)),
        Box(24, 219, 190, 58, "Hugging Face Hub", ("model file, SHA-256",)),
        Box(250, 96, 774, 268, "", style="area"),
        *_pile(
            Box(
                266,
                134,
                150,
                90,
                "llama-server",
                ("for queries", _pods(default["kubernetesQueryReplicas"])),
                "strong",
            )
        ),
        *_pile(
            Box(
                266,
                246,
                150,
                90,
                "llama-server",
                ("for documents", _pods(default["kubernetesReplicas"])),
                "strong",
            )
        ),
        *_pile(Box(444, 134, 148, 202, "gateway", gateway, "strong")),
        Box(612, 134, 400, 208, "Elasticsearch: yours, or one for trials", (), "strong"),
        Box(628, 172, 180, 40, "inference endpoints"),
        Box(628, 228, 180, 80, "ingest pipeline", ("embeds content,", "notes its digest")),
        Box(840, 228, 156, 80, "index (alias)", ("content", "content_embedding")),
        Box(444, 388, 166, 54, "your clients", ("pods, Ingress, routes",)),
        Box(628, 388, 180, 54, "your documents", (f"_bulk to {default['elasticsearchIndex']}",)),
        Box(840, 388, 172, 54, "your search", ("knn, at every dims",)),
    )


def _pile(box: Box) -> tuple[Box, Box]:
    """Return a box in front of one like it, as pods of a Deployment are."""
    return Box(box.x + 6, box.y + 6, box.width, box.height, ""), box


def _pods(least: int) -> str:
    return f"{least} pod{'' if least == 1 else 's'} or more"


def _labels() -> tuple[Text, ...]:
    quants, dims = [*QUANTS], sorted(DIMS, reverse=True)
    return (
        Text(300, 52, f"quant = {quants[0]} … {quants[-1]}", "knob"),
        Text(500, 52, f"dims = {dims[0]} … {dims[-1]}", "knob"),
        Text(710, 52, "kubernetesReplicas = 1 …", "knob"),
        Text(24, 112, "from outside", "strong"),
        Text(540, 118, "namespace jina-search-k8s", "strong"),
        Text(24, 434, "jinactl and pulumi come by kubectl port-forward", "small"),
    )


def main() -> int:
    """Write the picture."""
    picture().write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
