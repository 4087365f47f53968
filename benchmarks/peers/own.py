"""The stack's own container: the variants to measure, a line of OWN each, and how one is started and asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import requests

from benchmarks.peers.engines import Embeddings
from benchmarks.peers.started import Started, threads
from benchmarks.server.load import measure
from benchmarks.server.servers import Running, container
from components.settings import onednn
from components.settings.schema import OneDnn
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import FULL
from sandbox.models.quantise import ensure_quantised
from tests.fixtures.server_image import build_server_image

REQUEST_SECONDS = 600


@dataclass(frozen=True, kw_only=True)
class Own:
    """A variant of the container; `environment` replaces variables of the stack's own.

    `onednn` is a value of serverOnednn; with `off`, llama.cpp's own kernels multiply.
    """

    quant: str = "F16"
    onednn: OneDnn = "off"
    environment: Mapping[str, str] = field(default_factory=dict)
    image: Callable[[], str] = build_server_image


BASE = "ours F16"
"""With llama.cpp's own kernels: all is compared with it, a second one of its kind too, which is the noise."""

OWN: dict[str, Own] = {
    "ours F16, oneDNN": Own(onednn="auto"),
    "ours F16, oneDNN float32": Own(onednn="f32"),
    "ours Q8_0, oneDNN": Own(quant="Q8_0", onednn="auto"),
    BASE: Own(),
    "ours Q8_0": Own(quant="Q8_0"),
    "ours Q6_K": Own(quant="Q6_K"),
    "ours Q5_K_M": Own(quant="Q5_K_M"),
    "ours Q5_K_M, not repacked": Own(quant="Q5_K_M", environment={"LLAMA_ARG_REPACK": "0"}),
}


@dataclass(frozen=True)
class Container(Started):
    """A container that is ready."""

    running: Running

    def tokens_per_second(self, tokens: int, texts: int) -> float:
        """Ask with `texts` clients at a time, each for one text, until the tokens of a cell are embedded."""
        speed = measure(self.running.url, tokens, texts)
        if speed.refused:
            raise SystemExit(f"The container refuses {texts} texts of {tokens} tokens: {speed.refused}")
        return speed.tokens_per_second

    def embed(self, texts: Sequence[Sequence[int]]) -> Embeddings:
        """Ask for the embeddings of texts by their ids."""
        answer = requests.post(
            f"{self.running.url}/v1/embeddings",
            json={"input": texts, "model": "any"},
            timeout=REQUEST_SECONDS,
        )
        answer.raise_for_status()
        ordered = sorted(answer.json()["data"], key=lambda one: int(one["index"]))
        return np.array([one["embedding"] for one in ordered], np.float32)


@contextmanager
def own(variant: Own) -> Iterator[Container]:
    """Start the container of a variant; remove it afterwards.

    Raises SystemExit where the server multiplies by something else than was asked for.
    """
    file = ensure_quantised(cache_root(), print, _f16(), variant.quant)
    environment = {
        "LLAMA_ARG_THREADS": str(threads()),
        onednn.BACKEND: None,
        **onednn.variables(variant.onednn),
        **variant.environment,
    }
    with container(variant.image(), file, environment, variant.quant) as running:
        # A server that can't load the library goes on without it, and the figures would be those of another one.
        wanted = variant.onednn != "off"
        if (onednn.LIBRARY in Path(f"/proc/{running.pid}/maps").read_text()) != wanted:
            raise SystemExit(
                f"The server has {'not ' if wanted else ''}loaded {onednn.LIBRARY}: see its log."
            )
        yield Container(running)


def _f16() -> Path:
    from benchmarks.parity.reference import ensure_both  # noqa: PLC0415 (it needs torch, and takes seconds)

    return ensure_both(cache_root(), FULL)[0]
