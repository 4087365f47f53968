"""EuroBERT as a module that returns embeddings: what is converted, and what PyTorch itself runs."""

from pathlib import Path
from typing import Any

import torch
from transformers import EuroBertModel


class Embedder(torch.nn.Module):  # type: ignore[misc]  # torch is installed only where this runs
    """Texts of one length as ids, (texts, tokens), to the last token's states with length 1, (texts, width)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Any) -> Any:
        """Embed; there is no mask, since all texts are equally long."""
        last = self.model(input_ids=input_ids).last_hidden_state[:, -1]
        return torch.nn.functional.normalize(last.float(), dim=-1)


def embedder(folder: Path, precision: str = "float32") -> Embedder:
    """Return the model of a folder with `model.safetensors`, computing in this type of torch."""
    model = EuroBertModel.from_pretrained(folder, dtype=getattr(torch, precision))
    found = Embedder(model)
    found.eval()
    return found
