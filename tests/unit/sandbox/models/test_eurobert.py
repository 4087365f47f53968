"""The EuroBERT with random weights: what the real model's file says of itself, this one must say too."""

from pathlib import Path

import gguf
import numpy as np
import pytest

from sandbox.models.eurobert import FULL, TINY, byte_characters, file_name, write_eurobert


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> gguf.GGUFReader:
    file = tmp_path_factory.mktemp("eurobert") / "tiny.gguf"
    write_eurobert(TINY, file)
    return gguf.GGUFReader(file)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("general.architecture", "eurobert"),
        ("eurobert.context_length", 8192),
        ("eurobert.embedding_length", TINY.width),
        ("eurobert.block_count", TINY.layers),
        ("eurobert.attention.causal", False),
        ("eurobert.pooling_type", 3),
        ("eurobert.rope.scaling.type", "none"),
        ("tokenizer.ggml.model", "gpt2"),
        ("tokenizer.ggml.pre", "jina-v5-nano"),
        ("tokenizer.ggml.add_eos_token", True),
        ("tokenizer.ggml.eos_token_id", TINY.vocabulary - 1),
    ],
)
def test_says_of_itself_what_the_real_model_says(key: str, value: object, reader: gguf.GGUFReader) -> None:
    field = reader.get_field(key)
    assert field is not None
    assert field.contents() == value


def test_its_vocabulary_is_whole_and_has_no_token_twice(reader: gguf.GGUFReader) -> None:
    field = reader.get_field("tokenizer.ggml.tokens")
    assert field is not None
    tokens = field.contents()
    assert len(tokens) == len(set(tokens)) == TINY.vocabulary


def test_every_merge_makes_a_token(reader: gguf.GGUFReader) -> None:
    tokens, merges = (reader.get_field(f"tokenizer.ggml.{key}") for key in ("tokens", "merges"))
    assert tokens is not None
    assert merges is not None
    made = {merge.replace(" ", "") for merge in merges.contents()}
    assert made
    assert made <= set(tokens.contents())


def test_the_byte_characters_are_those_of_gpt_2() -> None:
    characters = byte_characters()
    assert len(set(characters)) == 256
    assert (characters[ord("a")], characters[ord(" ")], characters[ord("\n")]) == ("a", "\u0120", "\u010a")


def test_the_full_shape_is_that_of_jina_embeddings_v5_text_nano() -> None:
    # 212 million parameters, of them 113 million outside the table of token embeddings.
    per_layer = 4 * FULL.width**2 + 3 * FULL.width * FULL.feed_forward
    assert round(FULL.layers * per_layer / 1e6) == 113
    assert round((FULL.layers * per_layer + FULL.vocabulary * FULL.width) / 1e6) == 212


def test_weights_are_finite_and_in_half_precision(reader: gguf.GGUFReader) -> None:
    matrices = [tensor.data for tensor in reader.tensors if "norm" not in tensor.name]
    assert len(matrices) == 1 + TINY.layers * 7
    assert all(matrix.dtype == np.float16 and np.isfinite(matrix).all() for matrix in matrices)


def test_has_the_bytes_it_had_before(tmp_path: Path) -> None:
    for name in ("one.gguf", "two.gguf"):
        write_eurobert(TINY, tmp_path / name)
    assert (tmp_path / "one.gguf").read_bytes() == (tmp_path / "two.gguf").read_bytes()


def test_names_the_file_as_the_real_repository_does() -> None:
    assert file_name("Q8_0") == "v5-nano-retrieval-Q8_0.gguf"
