"""Prepares everything that a stack runs on: real parts where they can be reached, stand-ins where not."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.base_image import ensure_base_image
from sandbox.base_images import BOOKWORM_SLIM
from sandbox.docker_engine import ensure_engine
from sandbox.elasticsearch.image import ensure_image
from sandbox.hub.service import HubService, ensure_hub
from sandbox.llama_cpp.repository import BRANCH
from sandbox.llama_cpp.source import FORK, LlamaCppSource, ensure_source
from sandbox.models.library import ensure_model
from sandbox.part import Part
from sandbox.ports import LOOPBACK
from sandbox.providers.plugins import PULUMI_HOME, ensure_plugins
from sandbox.pulumi_cli import ensure_cli
from sandbox.pulumi_environment import pulumi_environment
from sandbox.steps import Steps

STAND_IN_MODEL = {
    "modelRepository": "jina-search/minilm-twin",
    "modelRevision": "main",
    "modelFile": "minilm-twin-{quant}.gguf",
    "modelName": "minilm-twin",
    "modelPooling": "mean",
    "modelQueryPrefix": "",
    "modelDocumentPrefix": "",
}
"""The profile of the model that stands in for the real one: it pools by mean and was trained without prefixes."""


@dataclass(frozen=True)
class Prepared:
    """What a stack needs: the CLI's environment, the settings that point at stand-ins, and which parts those are."""

    parts: tuple[Part, ...]
    environment: dict[str, str]
    settings: dict[str, object]


def prepare(cache: Path, steps: Steps, quant: str) -> Prepared:
    """Prepare all parts, side by side where they do not need each other; `quant` is the quantisation that is wanted.

    Raises SandboxError for the first part that cannot be prepared.
    """

    def step(name: str, ensure: Callable[..., Any], *arguments: object) -> Any:
        with steps.step(name) as say:
            return ensure(cache, say, *arguments)

    engine: Future[Part] = Future()

    def start_engine() -> None:
        try:
            engine.set_result(step("docker engine", ensure_engine))
        except BaseException as error:  # whoever waits for the engine must wait no longer
            engine.set_exception(error)
            raise

    def images() -> list[Part]:
        engine.result()
        base: Part = step("base image", ensure_base_image, "bookworm", BOOKWORM_SLIM)
        return [base, step("Elasticsearch image", ensure_image)]

    def pulumi() -> tuple[Any, Any]:
        cli = step("Pulumi CLI", ensure_cli)
        return cli, step("Pulumi plugins", ensure_plugins, cli)

    def model() -> HubService:
        hub: HubService = step("model hub", ensure_hub)
        if not hub.part.real:
            engine.result()  # quantisations are made in a container
            step("model file", ensure_model, quant)
        return hub

    done = steps.together(
        {
            "engine": start_engine,
            "images": images,
            "pulumi": pulumi,
            "model": model,
            "source": lambda: step("llama.cpp source", ensure_source, FORK, BRANCH),
        }
    )
    cli, plugins = done["pulumi"]
    hub: HubService = done["model"]
    source: LlamaCppSource = done["source"]
    environment = pulumi_environment(
        cli,
        providers=plugins.folder,
        home=cache / PULUMI_HOME,
        backend=cache / "pulumi-state",
        passphrase_file=cache / "passphrase",
        virtual_environment=Path(sys.prefix),
        extra=_environment(hub),
    )
    parts = (cli.part, *plugins.parts, engine.result(), *done["images"], source.part, hub.part)
    return Prepared(parts, environment, _settings(hub, source))


def _environment(hub: HubService) -> dict[str, str]:
    """Return what points the download at the stand-in of the Hub, past any proxy; nothing for the real one."""
    if hub.part.real:
        return {}
    direct = ",".join(filter(None, (os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")), LOOPBACK)))
    return {"HF_ENDPOINT": hub.endpoint, "NO_PROXY": direct, "no_proxy": direct}


def _settings(hub: HubService, source: LlamaCppSource) -> dict[str, object]:
    """Return the settings that point a stack at the stand-ins; None for those that stay at their defaults."""
    model = dict.fromkeys(STAND_IN_MODEL) if hub.part.real else STAND_IN_MODEL
    if source.part.real:
        return {**model, "llamaCppRepository": None, "imageBuildNetwork": None}
    # The stand-in source is served on this machine's loopback, which a build sees on the host's network only.
    return {**model, "llamaCppRepository": source.repository, "imageBuildNetwork": "host"}
