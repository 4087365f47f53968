"""Draws docs/stack.svg, the parts of the stack and the flow of data: `make pictures`."""

import sys
from typing import get_args

from components.settings.quantisations import QUANTS
from components.settings.schema import DIMS, Device
from tools.drawing import Box, Picture, Text, defaults

DESCRIPTION = (
    "Pulumi downloads the model from the Hugging Face Hub and builds llama.cpp into an image. Two containers of "
    "llama-server load the model, one for queries and one for documents, behind a gateway that adds the prefix of the "
    "role and cuts embeddings to the chosen dims. Documents written to Elasticsearch pass the ingest pipeline, whose "
    "inference endpoint asks the gateway for an embedding, which is stored in the index. A search embeds its query the "
    "same way and asks the index for the nearest documents."
)
FLOWS = (
    "M214 153H260",
    "M214 248H260",
    "M440 173H422",
    "M440 271H422",
    "M616 192H586",
    "M706 228V218",
    "M796 268H822",
    "M706 368V314",
    "M906 368V314",
    "M914 422V442H510V316",
)
DECLARATIONS = ("M340 74V128", "M510 74V128", "M800 74V128")


def picture() -> Picture:
    """Return the picture, with the numbers and names that are the defaults of the settings."""
    return Picture(
        file="stack.svg",
        title="The parts of the stack and the flow of data",
        description=DESCRIPTION,
        width=1048,
        height=452,
        boxes=_boxes(),
        labels=_labels(),
        flows=FLOWS,
        declarations=DECLARATIONS,
    )


def _boxes() -> tuple[Box, ...]:
    default = defaults()
    gateway = (
        f"{default['serverAddress']}:{default['serverPort']}",
        "/v1/embeddings",
        "adds the prefix",
        "cuts to dims",
    )
    return (
        Box(24, 20, 1000, 54, "pulumi up", ("one program, one command",), "strong", "bar"),
        Box(24, 124, 190, 58, "Hugging Face Hub", ("model file (GGUF)",)),
        Box(24, 204, 190, 58, "llama.cpp (git)", ("branch, tag or commit",)),
        Box(250, 96, 774, 246, "", style="area"),
        Box(
            266,
            134,
            150,
            78,
            "llama-server",
            ("for queries", f"CPU shares {default['serverQueryShares']}"),
            "strong",
        ),
        Box(
            266,
            232,
            150,
            78,
            "llama-server",
            ("for documents", f"CPU shares {default['serverDocumentShares']}"),
            "strong",
        ),
        Box(440, 134, 140, 176, "gateway", gateway, "strong"),
        Box(600, 134, 400, 190, f"Elasticsearch, 127.0.0.1:{default['elasticsearchPort']}", (), "strong"),
        Box(616, 172, 180, 40, "inference endpoints"),
        Box(616, 228, 180, 80, "ingest pipeline", ("embeds content,", "notes its digest")),
        Box(828, 228, 156, 80, "index (alias)", ("content", "content_embedding")),
        Box(616, 368, 180, 54, "your documents", (f"_bulk to {default['elasticsearchIndex']}",)),
        Box(828, 368, 172, 54, "your search", ("knn, at every dims",)),
    )


def _labels() -> tuple[Text, ...]:
    quants, dims = [*QUANTS], sorted(DIMS, reverse=True)
    return (
        Text(300, 52, f"quant = {quants[0]} … {quants[-1]}", "knob"),
        Text(540, 52, f"dims = {dims[0]} … {dims[-1]}", "knob"),
        Text(780, 52, f"device = {' | '.join(get_args(Device))}", "knob"),
        Text(24, 112, "from outside", "strong"),
        Text(530, 118, "the stack's Docker network", "strong"),
        Text(216, 226, "built", "small"),
        Text(526, 434, "embed the query", "small"),
    )


def main() -> int:
    """Write the picture."""
    picture().write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
