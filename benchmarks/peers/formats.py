"""The same weights in the format of every engine; each conversion runs in a process of its own and is kept.

Needs the extra `peers`: torch and transformers, onnx, onnxruntime, openvino and nncf.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sandbox.machine.cache import cache_root, entry
from sandbox.models.eurobert import CONTEXT, FULL, MERGES, SEED

RECIPE = 1
"""Raised when other files are written than before."""

TOKENS = 256 + MERGES
"""As many tokens as texts have; the others of the vocabulary stand in no text."""

CALIBRATION = (16, 32, 64, 128, 256) * 8
"""Tokens of the texts by which the range of numbers between layers is measured, for int8."""


def ensure(name: str) -> Path:
    """Return what the engines read of this format (see FORMATS), converting it when there is none.

    Raises CalledProcessError where the conversion fails; it has written why.
    """
    made = _folder(name)
    if not made.is_dir():
        # torch and what it loaded would stay in memory beside the engines that are measured.
        subprocess.run([sys.executable, "-m", "benchmarks.peers.formats", name], check=True)
    return made


def _folder(name: str) -> Path:
    return cache_root() / f"models/peers-{name}-{FULL.name}-{SEED}-{RECIPE}"


def _safetensors(folder: Path) -> None:
    from benchmarks.parity.reference import ensure_both  # noqa: PLC0415 (it needs torch)

    _, made = ensure_both(cache_root(), FULL)
    for file in ("model.safetensors", "config.json"):
        (folder / file).hardlink_to(made / file)


def _onnx(folder: Path) -> None:
    import torch  # noqa: PLC0415

    from benchmarks.peers.embedder import embedder  # noqa: PLC0415

    model, example = embedder(ensure("safetensors")), torch.ones(2, 16, dtype=torch.int64)
    dynamic = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens", max=CONTEXT)}
    with torch.inference_mode():
        torch.onnx.export(
            model,
            (example,),
            folder / "model.onnx",
            input_names=["input_ids"],
            output_names=["vectors"],
            dynamic_shapes={"input_ids": dynamic},
            dynamo=True,
            external_data=True,
        )


def _onnx_int8(folder: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: PLC0415

    quantize_dynamic(
        ensure("onnx") / "model.onnx",
        folder / "model.onnx",
        weight_type=QuantType.QInt8,
        per_channel=True,
        use_external_data_format=True,
    )


def _openvino(folder: Path) -> None:
    import openvino  # noqa: PLC0415
    import torch  # noqa: PLC0415

    from benchmarks.peers.embedder import embedder  # noqa: PLC0415

    with torch.inference_mode():
        converted = openvino.convert_model(
            embedder(ensure("safetensors")),
            example_input={"input_ids": torch.ones(2, 16, dtype=torch.int64)},
            input=[("input_ids", [-1, -1], np.int64)],
        )
    openvino.save_model(converted, folder / "model.xml", compress_to_fp16=False)


def _openvino_int8(folder: Path) -> None:
    import nncf  # noqa: PLC0415
    import openvino  # noqa: PLC0415

    model = openvino.Core().read_model(ensure("openvino") / "model.xml")
    random = np.random.default_rng(SEED)
    few = [random.integers(0, TOKENS, size=(1, length)) for length in CALIBRATION]
    quantised = nncf.quantize(
        model,
        nncf.Dataset(few, lambda ids: {"input_ids": ids}),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(few),
    )
    openvino.save_model(quantised, folder / "model.xml", compress_to_fp16=False)


FORMATS: dict[str, Callable[[Path], None]] = {
    "safetensors": _safetensors,
    "onnx": _onnx,
    "onnx-int8": _onnx_int8,
    "openvino": _openvino,
    "openvino-int8": _openvino_int8,
}
"""What writes each format into an empty folder."""

if __name__ == "__main__":
    asked = sys.argv[1]
    entry(cache_root(), str(_folder(asked).relative_to(cache_root())), FORMATS[asked])
