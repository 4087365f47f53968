"""The image that the engine must have, as a Pulumi resource. States name this module and its classes: never move it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi import dynamic

from components.dynamic_provider import StackProvider, is_unknown
from components.engine.info import engine_id_if_any, has_image
from components.image.recipe import Recipe, full_name

SCHEMA_VERSION = 1
"""Version of the outputs that a state holds."""

PROJECT = Path(__file__).parents[3]
"""Folder of the project whose files images are built from."""

RECIPE = ("image_name", "owner", "kind", "dockerfile", "arguments", "platform")
INPUTS = (*RECIPE, "engine")


class WantedImageProvider(StackProvider):
    """Computes the image's name, and notices when the engine has lost the image: then `mark` changes."""

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Update in place when another image is wanted, or when the engine that it was built on no longer has it.

        An engine that does not answer, or a different engine, does not count as having lost the image.
        """
        if any(is_unknown(news.get(key)) for key in RECIPE):
            return dynamic.DiffResult(changes=True)
        changed = olds.get("schema_version") != SCHEMA_VERSION or _name(news) != olds["full_name"]
        return dynamic.DiffResult(changes=changed or _lost(olds, news))

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Compute the name."""
        return dynamic.CreateResult(props["kind"], _outputs(props, 1, engine_id_if_any(props["engine"])))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Record which engine answers now: a refresh compares with that one."""
        there = engine_id_if_any(props["engine"]) or props["engine_id"]
        return dynamic.ReadResult(id_, {**props, "engine_id": there}, _inputs(props))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Compute the name again, and set a new mark."""
        there = engine_id_if_any(news["engine"]) or olds["engine_id"]
        return dynamic.UpdateResult(_outputs(news, int(olds["mark"]) + 1, there))


def _lost(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    # The usual answer comes first: it takes one question, and every preview asks.
    if is_unknown(news.get("engine")) or has_image(olds["full_name"], news["engine"]):
        return False
    there = engine_id_if_any(news["engine"])
    return bool(there) and olds["engine_id"] in ("", there)


def _name(props: Mapping[str, Any]) -> str:
    return full_name(Recipe(**{key: props[key] for key in RECIPE}), PROJECT)


def _outputs(props: Mapping[str, Any], mark: int, engine: str) -> dict[str, Any]:
    return _inputs(props) | {
        "full_name": _name(props),
        "mark": str(mark),
        "engine_id": engine,
        "schema_version": SCHEMA_VERSION,
    }


def _inputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return {key: props[key] for key in INPUTS}


class WantedImageResource(dynamic.Resource, module="image", name="WantedImage"):
    """The name and tag of an image that the engine must have; `mark` changes each time it must be built."""

    full_name: pulumi.Output[str]
    mark: pulumi.Output[str]

    def __init__(
        self, name: str, inputs: Mapping[str, pulumi.Input[Any]], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare the image with the INPUTS given."""
        outputs = dict.fromkeys(("full_name", "mark", "engine_id", "schema_version"))
        super().__init__(WantedImageProvider(), name, {**inputs, **outputs}, opts)
