"""A EuroBERT in GGUF with random weights: the architecture, tokenizer and pooling of jina-embeddings-v5-text-nano.

Its embeddings mean nothing; it proves that such a model loads, pools by the last token and takes long documents,
and in the full shape it is as large and as slow as the real one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

from components.say import Say
from sandbox.machine.cache import entry

RECIPE = 1
"""Raised when this module writes other bytes than before."""

SEED = 7
SPREAD = 0.02
"""Standard deviation of the weights, as transformers initialise them."""

CONTEXT = 8192
ROPE_BASE = 250000.0
NORM_EPSILON = 1e-5
SPACE = 32
MERGES = 700
"""Pairs of letters that are tokens; a longer text has a realistic number of tokens, about two letters each."""

LETTERS = "etaoinshrdlucmfwypvbgkqjxz"
PRINTABLE = (*range(33, 127), *range(161, 173), *range(174, 256))
BEGIN, END = "<|begin_of_text|>", "<|end_of_text|>"


@dataclass(frozen=True)
class Shape:
    """The sizes of a EuroBERT; llama-quantize makes K-quants only where `width` is a multiple of 256."""

    name: str
    layers: int
    width: int
    feed_forward: int
    heads: int
    vocabulary: int


FULL = Shape("full", layers=12, width=768, feed_forward=3072, heads=12, vocabulary=128_256)
"""The shape of jina-embeddings-v5-text-nano: 427 MB at F16."""

TINY = Shape("tiny", layers=2, width=64, feed_forward=128, heads=4, vocabulary=1024)
"""Loads at once and embeds 8192 tokens in seconds."""


@dataclass(frozen=True)
class Weights:
    """How random weights are: the standard deviations of those of matrices, and of those of norms around 1."""

    matrices: float
    norms: float = 0.0


AS_INITIALISED = Weights(SPREAD)
"""Attention is nearly even then, and an embedding depends little on the text."""


def file_name(quant: str) -> str:
    """Return the name of the file in the model's repository, as that of the real model."""
    return f"v5-nano-retrieval-{quant}.gguf"


def ensure_eurobert(cache: Path, say: Say, shape: Shape) -> Path:
    """Return the F16 file of a EuroBERT of this shape, writing it when there is none (FULL takes 10 s)."""

    def build(folder: Path) -> None:
        say(f"writing a EuroBERT with random weights ({shape.layers} layers, {shape.width} wide)")
        write_eurobert(shape, folder / file_name("F16"))

    return entry(cache, f"models/eurobert-{shape.name}-{RECIPE}", build) / file_name("F16")


def write_eurobert(shape: Shape, target: Path, weights: Weights = AS_INITIALISED) -> None:
    """Write a EuroBERT of this shape; the same shape and weights give the same bytes."""
    writer = gguf.GGUFWriter(target, "eurobert")
    _write_shape(writer, shape)
    _write_tokenizer(writer, shape.vocabulary)
    for name, numbers in tensors(shape, weights):
        writer.add_tensor(name, numbers)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _write_shape(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_name(f"EuroBERT with random weights ({shape.name})")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_rope_scaling_type(gguf.RopeScalingType.NONE)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.LAST)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)


def _write_tokenizer(writer: gguf.GGUFWriter, vocabulary: int) -> None:
    """Write a byte-level BPE tokenizer with pairs of letters, filled up with tokens that no text has."""
    tokens, merges = _pairs(vocabulary - 2)
    tokens += [f"<unused{number}>" for number in range(len(tokens), vocabulary - 2)]
    types = [gguf.TokenType.NORMAL] * len(tokens) + [gguf.TokenType.CONTROL] * 2
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("jina-v5-nano")
    writer.add_token_list([*tokens, BEGIN, END])
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(vocabulary - 2)
    writer.add_eos_token_id(vocabulary - 1)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(True)


def _pairs(limit: int) -> tuple[list[str], list[str]]:
    """Return at most `limit` tokens, the 256 bytes and pairs of letters, and the merges that make the pairs."""
    tokens = byte_characters()
    merges: list[str] = []
    for first in (tokens[SPACE], *LETTERS):
        for second in LETTERS:
            if len(tokens) < min(limit, 256 + MERGES):
                tokens.append(first + second)
                merges.append(f"{first} {second}")
    return tokens, merges


def byte_characters() -> list[str]:
    """Return the 256 characters by which GPT-2's byte-level BPE writes the bytes 0 to 255."""
    others = (byte for byte in range(256) if byte not in PRINTABLE)
    shifted = {byte: chr(256 + number) for number, byte in enumerate(others)}
    return [shifted.get(byte, chr(byte)) for byte in range(256)]


def tensors(shape: Shape, weights: Weights) -> Iterator[tuple[str, NDArray[np.floating[Any]]]]:
    """Yield the weights by their names in GGUF: matrices as (outputs, inputs) in half precision, norms in single."""
    random = np.random.default_rng(SEED)

    def matrix(outputs: int, inputs: int) -> NDArray[np.float16]:
        return (random.standard_normal((outputs, inputs), dtype=np.float32) * weights.matrices).astype(
            np.float16
        )

    def norm() -> NDArray[np.float32]:
        if not weights.norms:
            return np.ones(shape.width, np.float32)
        return 1 + random.standard_normal(shape.width, dtype=np.float32) * np.float32(weights.norms)

    yield "token_embd.weight", matrix(shape.vocabulary, shape.width)
    yield "output_norm.weight", norm()
    for layer in range(shape.layers):
        block = f"blk.{layer}"
        yield f"{block}.attn_norm.weight", norm()
        yield f"{block}.ffn_norm.weight", norm()
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield f"{block}.{name}.weight", matrix(shape.width, shape.width)
        for name in ("ffn_gate", "ffn_up"):
            yield f"{block}.{name}.weight", matrix(shape.feed_forward, shape.width)
        yield f"{block}.ffn_down.weight", matrix(shape.width, shape.feed_forward)
