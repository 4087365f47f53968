"""The engines that people would pick instead, each a line of PEERS, behind one interface.

Each is loaded in a process of its own (worker.py) with the threads that it is told: the same number for everybody.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
"""Texts of one length as ids of tokens: (texts, tokens)."""

Embeddings = NDArray[np.float32]
"""Vectors with length 1: (texts, width)."""

Embed = Callable[[Ids], Embeddings]


@dataclass(frozen=True)
class Engine(ABC):
    """An engine with the precision it computes in, and the format (see formats.FORMATS) that it reads."""

    precision: str
    reads: str

    @abstractmethod
    def load(self, model: Path, threads: int) -> Embed:
        """Load the folder of its format; return what embeds."""


@dataclass(frozen=True)
class PyTorch(Engine):
    """PyTorch with the model of transformers, uncompiled as its users have it."""

    reads: str = "safetensors"

    def load(self, model: Path, threads: int) -> Embed:
        """Load the model with weights in the precision."""
        import torch  # noqa: PLC0415 (each process loads its own engine alone)

        from benchmarks.peers.embedder import embedder  # noqa: PLC0415

        torch.set_num_threads(threads)
        loaded = embedder(model, self.precision)

        def embed(ids: Ids) -> Embeddings:
            with torch.inference_mode():
                found: Embeddings = loaded(torch.from_numpy(ids)).numpy()
                return found

        return embed


@dataclass(frozen=True)
class OnnxRuntime(Engine):
    """ONNX Runtime with all optimizations of graphs."""

    def load(self, model: Path, threads: int) -> Embed:
        """Load the graph."""
        import onnxruntime  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        session = onnxruntime.InferenceSession(
            model / "model.onnx", options, providers=["CPUExecutionProvider"]
        )

        def embed(ids: Ids) -> Embeddings:
            found: Embeddings = session.run(["vectors"], {"input_ids": ids})[0]
            return found

        return embed


@dataclass(frozen=True)
class OpenVino(Engine):
    """OpenVINO, told to answer one request as fast as it can; `hints` are properties of its CPU plugin."""

    reads: str = "openvino"
    hints: dict[str, Any] = field(default_factory=dict)

    def load(self, model: Path, threads: int) -> Embed:
        """Compile the graph."""
        import openvino  # noqa: PLC0415

        # Nobody's threads are bound to cores here: bound ones lose most where a machine has other work, too.
        given = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,
            **self.hints,
        }
        request = openvino.Core().compile_model(model / "model.xml", "CPU", given).create_infer_request()

        def embed(ids: Ids) -> Embeddings:
            found: Embeddings = request.infer({"input_ids": ids})[0]
            return found

        return embed


REFERENCE = "PyTorch float32"

PEERS: dict[str, Engine] = {
    REFERENCE: PyTorch("float32"),
    "PyTorch bfloat16": PyTorch("bfloat16"),
    "ONNX Runtime float32": OnnxRuntime("float32", "onnx"),
    "ONNX Runtime int8": OnnxRuntime("int8", "onnx-int8"),
    "OpenVINO float32": OpenVino("float32", hints={"INFERENCE_PRECISION_HINT": "f32"}),
    "OpenVINO bfloat16": OpenVino("bfloat16", hints={"INFERENCE_PRECISION_HINT": "bf16"}),
    # Its own choice for what is not int8: bfloat16 where the processor has it.
    "OpenVINO int8": OpenVino("int8", "openvino-int8"),
}
