"""The twin: each half of its output must be the network that it was made from."""

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from sandbox.models import minilm_twin
from sandbox.models.minilm_twin import block_diagonal, file_name, twice, write_twin

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "deep", "##ly", "sea"]
WIDTH = 4


def numbers(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal(shape, dtype=np.float32)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> tuple[gguf.GGUFReader, dict[str, NDArray[np.float32]]]:
    """Write the twin of a BERT of width 4 with random weights; return it, and those weights."""
    folder = tmp_path_factory.mktemp("twin")
    weights = small_bert()
    save_file(weights, folder / "model.safetensors")
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    write_twin(folder / "model.safetensors", folder / "vocab.txt", folder / "twin.gguf")
    return gguf.GGUFReader(folder / "twin.gguf"), weights


def small_bert() -> dict[str, NDArray[np.float32]]:
    weights = {
        "embeddings.word_embeddings.weight": numbers(len(WORDS), WIDTH),
        "embeddings.position_embeddings.weight": numbers(16, WIDTH),
        "embeddings.token_type_embeddings.weight": numbers(2, WIDTH),
        "embeddings.LayerNorm.weight": numbers(WIDTH),
        "embeddings.LayerNorm.bias": numbers(WIDTH),
    }
    for layer in range(minilm_twin.LAYERS):
        for name in (*minilm_twin.LINEAR_MAPS, *minilm_twin.NORMS):
            shape = (WIDTH,) if "LayerNorm" in name else (WIDTH, WIDTH)
            weights[f"encoder.layer.{layer}.{name}.weight"] = numbers(*shape)
            weights[f"encoder.layer.{layer}.{name}.bias"] = numbers(WIDTH)
    return weights


def tensor(reader: gguf.GGUFReader, name: str) -> NDArray[Any]:
    data: NDArray[Any] = next(one.data for one in reader.tensors if one.name == name)
    return data


def test_a_linear_map_of_the_twin_does_to_each_half_what_the_original_does() -> None:
    matrix, inputs = numbers(3, 4), numbers(4)
    assert np.allclose(block_diagonal(matrix) @ twice(inputs), twice(matrix @ inputs))


def test_every_map_norm_and_embedding_is_twice_the_original(
    twin: tuple[gguf.GGUFReader, dict[str, NDArray[np.float32]]],
) -> None:
    reader, weights = twin
    half = np.float16
    words = weights["embeddings.word_embeddings.weight"]
    assert np.array_equal(tensor(reader, "token_embd.weight"), twice(words).astype(half))
    for layer in range(minilm_twin.LAYERS):
        for theirs, ours in minilm_twin.LINEAR_MAPS.items():
            original = weights[f"encoder.layer.{layer}.{theirs}.weight"]
            written = tensor(reader, f"blk.{layer}.{ours}.weight")
            assert np.array_equal(written, block_diagonal(original).astype(half)), ours
        for theirs, ours in (*minilm_twin.LINEAR_MAPS.items(), *minilm_twin.NORMS.items()):
            original = weights[f"encoder.layer.{layer}.{theirs}.bias"]
            assert np.array_equal(tensor(reader, f"blk.{layer}.{ours}.bias"), twice(original)), ours
    assert len(reader.tensors) == 5 + minilm_twin.LAYERS * 16


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("general.architecture", "bert"),
        ("bert.embedding_length", 768),
        ("bert.attention.head_count", 24),
        ("bert.pooling_type", 1),
        ("bert.attention.causal", False),
        ("tokenizer.ggml.pre", "jina-v2-en"),
        ("tokenizer.ggml.bos_token_id", 2),
        ("tokenizer.ggml.seperator_token_id", 3),
        (
            "tokenizer.ggml.tokens",
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "\u2581deep", "ly", "\u2581sea"],
        ),
    ],
)
def test_says_what_it_is(
    key: str, value: object, twin: tuple[gguf.GGUFReader, dict[str, NDArray[np.float32]]]
) -> None:
    field = twin[0].get_field(key)
    assert field is not None
    assert field.contents() == value


def test_names_the_file_as_the_stack_asks_for_it() -> None:
    assert file_name("Q4_K_M") == "minilm-twin-Q4_K_M.gguf"


def test_has_the_bytes_it_had_before(tmp_path: Path) -> None:
    save_file(small_bert(), tmp_path / "model.safetensors")
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    for name in ("one.gguf", "two.gguf"):
        write_twin(tmp_path / "model.safetensors", tmp_path / "vocab.txt", tmp_path / name)
    assert (tmp_path / "one.gguf").read_bytes() == (tmp_path / "two.gguf").read_bytes()
