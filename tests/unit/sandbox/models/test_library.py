"""Where the model files are put, and what is asked of llama-quantize."""

from pathlib import Path

import pytest

from components.image.component import build_arguments
from sandbox.errors import SandboxError
from sandbox.llama_cpp.source import LlamaCppSource
from sandbox.models import eurobert, library, quantise
from sandbox.models.library import ensure_eurobert_model, ensure_model
from sandbox.models.quantise import ensure_quantised
from sandbox.part import Part
from tests.unit.project import stack_settings

SOURCE = LlamaCppSource(Part("llama.cpp source", False, "some"), "git://127.0.0.1:1/llama.cpp.git", "main")


def quiet(_line: str) -> None:
    """Say nothing."""


@pytest.fixture
def twin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a file in the place of the model that takes a download."""
    file = tmp_path / "models/minilm-twin-1/minilm-twin-F16.gguf"
    file.parent.mkdir(parents=True)
    file.write_text("weights")
    monkeypatch.setattr(library, "ensure_minilm_twin", lambda _cache, _say: file)
    return file


def test_puts_the_model_where_the_hub_serves_it(twin: Path, tmp_path: Path) -> None:
    file = ensure_model(tmp_path, quiet, "F16")
    assert file == tmp_path / "hub/jina-search/minilm-twin/minilm-twin-F16.gguf"
    assert file.samefile(twin)
    assert ensure_model(tmp_path, quiet, "F16") == file


def test_replaces_a_model_that_an_older_recipe_wrote(twin: Path, tmp_path: Path) -> None:
    file = ensure_model(tmp_path, quiet, "F16")
    twin.unlink()
    twin.write_text("other weights")
    assert ensure_model(tmp_path, quiet, "F16").read_text() == "other weights"
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_writes_the_eurobert_under_the_real_file_name(tmp_path: Path) -> None:
    file = ensure_eurobert_model(tmp_path, quiet, "F16", eurobert.TINY)
    assert file == tmp_path / "hub/jina-search/eurobert-synthetic-tiny/v5-nano-retrieval-F16.gguf"


def test_quantises_once(twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Path, str]] = []

    def quantised(image: str, source: Path, target: Path, quant: str) -> None:
        asked.append((image, source, quant))
        target.write_text("small")

    monkeypatch.setattr(quantise, "_ensure_tool", lambda _cache, _say: "tool")
    monkeypatch.setattr(quantise, "_quantise", quantised)
    file = ensure_model(tmp_path, quiet, "Q4_K_M")
    assert file == tmp_path / "hub/jina-search/minilm-twin/minilm-twin-Q4_K_M.gguf"
    assert file.read_text() == "small"
    assert ensure_model(tmp_path, quiet, "Q4_K_M") == file
    assert asked == [("tool", twin, "Q4_K_M")]


def test_refuses_a_quantisation_that_does_not_exist(twin: Path, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"No quantisation is called Q9.*Q8_0"):
        ensure_quantised(tmp_path, quiet, twin, "Q9")


def test_the_tool_shares_the_layers_of_the_servers_image() -> None:
    settings = stack_settings("cpu", llamaCppRepository=SOURCE.repository, llamaCppRef=SOURCE.ref).image
    servers = build_arguments("cpu", settings, "c" * 40)
    tools = quantise.build_arguments(SOURCE, "c" * 40)
    assert tools == {key: value for key, value in servers.items() if key != "LLAMA_CPP_VERSION"}
