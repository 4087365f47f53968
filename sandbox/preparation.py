"""Prepares everything that a stack runs on: real parts where they can be reached, stand-ins where not."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.docker.debian_images import ensure_base_image
from sandbox.docker.engine import ensure_engine
from sandbox.elasticsearch.image import ensure_image
from sandbox.hub.service import HubService, ensure_hub
from sandbox.llama_cpp.repository import BRANCH
from sandbox.llama_cpp.source import FORK, LlamaCppSource, ensure_source
from sandbox.machine.ports import LOOPBACK
from sandbox.models import minilm_twin
from sandbox.models.library import TWIN_REPOSITORY, ensure_model
from sandbox.part import Part
from sandbox.providers.plugins import PULUMI_HOME, Plugins, ensure_plugins
from sandbox.pulumi.cli import PulumiCli, ensure_cli
from sandbox.pulumi.environment import pulumi_environment
from sandbox.show.steps import Steps

STAND_IN_MODEL = {
    "modelRepository": TWIN_REPOSITORY,
    "modelRevision": "main",
    "modelFile": minilm_twin.file_name("{quant}"),
    "modelName": minilm_twin.NAME,
    "modelPooling": "mean",
    "modelQueryPrefix": "",
    "modelDocumentPrefix": "",
    "modelLicense": "Apache-2.0",
}
"""The profile of the stand-in model: it pools by mean and was trained without prefixes."""


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
    work = _Preparation(cache, steps, quant)
    done = steps.together(
        {
            "engine": work.start_engine,
            "images": work.images,
            "pulumi": work.pulumi,
            "model": work.model,
            "source": work.source,
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
    parts = (cli.part, *plugins.parts, work.engine.result(), *done["images"], source.part, hub.part)
    return Prepared(parts, environment, _settings(hub, source))


class _Preparation:
    """The chains of steps that run side by side; some wait for the engine."""

    def __init__(self, cache: Path, steps: Steps, quant: str) -> None:
        self.engine: Future[Part] = Future()
        self._cache = cache
        self._steps = steps
        self._quant = quant

    def start_engine(self) -> None:
        try:
            self.engine.set_result(self._step("docker engine", ensure_engine))
        except BaseException as error:  # whoever waits for the engine must wait no longer
            self.engine.set_exception(error)
            raise

    def images(self) -> list[Part]:
        self.engine.result()
        base: Part = self._step("base image", ensure_base_image)
        return [base, self._step("Elasticsearch image", ensure_image)]

    def pulumi(self) -> tuple[PulumiCli, Plugins]:
        cli: PulumiCli = self._step("Pulumi CLI", ensure_cli)
        return cli, self._step("Pulumi plugins", ensure_plugins, cli)

    def model(self) -> HubService:
        hub: HubService = self._step("model hub", ensure_hub)
        if not hub.part.real:
            self.engine.result()  # quantisations are made in a container
            self._step("model file", ensure_model, self._quant)
        return hub

    def source(self) -> LlamaCppSource:
        found: LlamaCppSource = self._step("llama.cpp source", ensure_source, FORK, BRANCH)
        return found

    def _step(self, name: str, ensure: Callable[..., Any], *arguments: object) -> Any:
        with self._steps.step(name) as say:
            return ensure(self._cache, say, *arguments)


def _environment(hub: HubService) -> dict[str, str]:
    """Return the variables that send the download to the stand-in of the Hub, past any proxy; none for the real Hub."""
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
