"""The rule about serverMemory: a limit that cannot hold the model is refused, since the server may run on, too slowly.

Its file is mapped into memory, so with too small a limit the kernel drops pages of it and reads them again for every
document, for as long as the server runs.
"""

import math

from components.settings.quantisations import QUANTS
from components.settings.reader import SettingsReader
from components.settings.schema import JINA_REPOSITORY, Settings

ITSELF = 40
"""MiB of the server before its first document, its model's file not counted."""

VOCABULARY = 128256
"""Words of the default model. llama.cpp as it is keeps a score of 4 bytes for each of them and each token of a batch;
as docker/build.sh compiles it, it keeps none, but a prebuilt image may come from elsewhere."""

WORK_PER_NUMBER = 92
"""Bytes for each token of a batch and each number of an embedding: of the default model, up to 6000 tokens."""

WORK_WITH_ONEDNN = 107
"""The same where oneDNN multiplies."""

PACKED = 500
"""MiB of the default model's matrices as oneDNN keeps them, beside the file, and of its own buffers.

Measured in float32; in bfloat16 it is half of that, but which of the two a processor has is not known here. The
quantisation of the file makes no difference.
"""

ATTENTION = 44
"""Bytes for each pair of tokens of a batch without flash attention, measured with the default model."""

MEBIBYTE = 1024 * 1024


def check_memory(reader: SettingsReader, settings: Settings) -> None:
    """Note in `reader` a limit of memory that the model file and the buffers of a full batch do not fit in.

    Each server has the limit for itself; the one for documents, whose batch is never the smaller one, needs more.
    """
    limit = settings.server.memory
    # On cuda both are in the GPU's memory.
    if not limit or settings.device == "cuda":
        return
    file, buffers = file_size(settings), buffer_size(settings, settings.server.ubatch_size)
    packed = packed_size(settings)
    need = file + packed + buffers + ITSELF
    parts = f"{buffers} for the buffers of a batch of {settings.server.ubatch_size} tokens and {ITSELF} for the rest"
    if packed:
        parts = f"up to {packed} for its matrices as oneDNN keeps them (serverOnednn), {parts}"
    if file:
        parts = f"{file} for the model file ({settings.quant}), {parts}"
    reader.require(
        limit >= need,
        f"serverMemory is {limit}, but the server for documents needs about {need} MiB: {parts}. With less it is "
        "ended in the middle of a long document, or reads the model from disk again and again. Raise serverMemory, set "
        "it to 0 for no limit, or lower serverContextSize, serverBatchSize and serverUbatchSize together.",
        "serverMemory",
        "serverUbatchSize",
        "serverOnednn",
        "quant",
        "modelDimensions",
    )


def packed_size(settings: Settings) -> int:
    """Return the MiB of the weights as oneDNN keeps them; 0 where it does not, and for another repository, as above."""
    without = settings.device == "cuda" or settings.server.onednn == "off"
    return 0 if without or settings.model.repository != JINA_REPOSITORY else PACKED


def file_size(settings: Settings) -> int:
    """Return the MiB of the model file; 0 for one of another repository, whose size is not known here."""
    if settings.model.repository != JINA_REPOSITORY:
        return 0
    return math.ceil(QUANTS[settings.quant].megabytes * 1_000_000 / MEBIBYTE)


def buffer_size(settings: Settings, tokens: int) -> int:
    """Return the MiB that a batch of so many tokens needs.

    It is at least that for another model, whose vocabulary is not known here.
    """
    work = WORK_PER_NUMBER if settings.server.onednn == "off" else WORK_WITH_ONEDNN
    needed = work * settings.model.dimensions * tokens
    if settings.model.repository == JINA_REPOSITORY:
        if settings.image.prebuilt:
            needed += 4 * VOCABULARY * tokens
        if settings.server.flash_attention == "off":
            needed += ATTENTION * tokens**2
    return math.ceil(needed / MEBIBYTE)
