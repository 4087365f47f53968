"""EuroBERT as transformers has it, in single precision, with the weights that the sandbox writes into GGUF files.

Needs torch and transformers, which the extra `parity` installs.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
from transformers import EuroBertModel

from sandbox.machine.cache import entry
from sandbox.models.eurobert import (
    CONTEXT,
    NORM_EPSILON,
    ROPE_BASE,
    SEED,
    Shape,
    Weights,
    file_name,
    tensors,
    write_eurobert,
)

RECIPE = 1
"""Raised when other files are written than before."""

WHOLE = {"token_embd.weight": "embed_tokens.weight", "output_norm.weight": "norm.weight"}
OF_A_LAYER = {
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
"""Names of weights in GGUF, and in transformers."""

PEAKED = Weights(matrices=0.05, norms=0.1)
"""Weights with which attention is uneven, as in a trained model: then an embedding depends on every part of a text."""


def ensure_both(cache: Path, shape: Shape, weights: Weights = PEAKED) -> tuple[Path, Path]:
    """Return the GGUF file in F16, and the folder that transformers reads, with the same weights."""

    def build(folder: Path) -> None:
        write_eurobert(shape, folder / file_name("F16"), weights)
        named = {_named(name): numbers.astype(np.float32) for name, numbers in tensors(shape, weights)}
        save_file(named, folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "config.json").write_text(json.dumps(_config(shape)))

    made = entry(cache, f"models/parity-{shape.name}-{SEED}-{RECIPE}", build)
    return made / file_name("F16"), made


def _named(name: str) -> str:
    if name in WHOLE:
        return WHOLE[name]
    _, layer, part, _ = name.split(".")
    return f"layers.{layer}.{OF_A_LAYER[part]}.weight"


def _config(shape: Shape) -> dict[str, Any]:
    return {
        "model_type": "eurobert",
        "architectures": ["EuroBertModel"],
        "hidden_size": shape.width,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.heads,
        "head_dim": shape.width // shape.heads,
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": NORM_EPSILON,
        "rope_parameters": {"rope_type": "default", "rope_theta": ROPE_BASE},
        "hidden_act": "silu",
        "vocab_size": shape.vocabulary,
        "bos_token_id": shape.vocabulary - 2,
        "eos_token_id": shape.vocabulary - 1,
        "pad_token_id": shape.vocabulary - 1,
        "torch_dtype": "float32",
    }


class Reference:
    """The model of a folder that `ensure_both` wrote."""

    def __init__(self, folder: Path) -> None:
        self._model, told = EuroBertModel.from_pretrained(
            folder, dtype=torch.float32, output_loading_info=True
        )
        wrong = {key: value for key, value in told.items() if value}
        if wrong:
            raise ValueError(f"the weights are not those of the model: {wrong}")
        self._model.eval()

    def embed(self, tokens: list[int]) -> NDArray[np.float32]:
        """Return the embedding of a text by its tokens: the last token's state, with length 1."""
        with torch.inference_mode():
            states = self._model(input_ids=torch.tensor([tokens])).last_hidden_state[0, -1]
        vector: NDArray[np.float32] = states.numpy()
        return vector / np.linalg.norm(vector)
