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
"""Words of the default model; the server keeps a score of 4 bytes for each of them and each token of a batch."""

WORK_PER_NUMBER = 90
"""Further bytes for each token of a batch and each number of an embedding.

Measured with the default model: 0.56 MiB for each token in all, at 500, 2000 and 4000 tokens and every quantisation.
"""

ATTENTION = 36
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
    need = file + buffers + ITSELF
    parts = f"{buffers} for the buffers of a batch of {settings.server.ubatch_size} tokens and {ITSELF} for the rest"
    if file:
        parts = f"{file} for the model file ({settings.quant}), {parts}"
    reader.require(
        limit >= need,
        f"serverMemory is {limit}, but the server for documents needs about {need} MiB: {parts}. With less it is "
        "ended in the middle of a long document, or reads the model from disk again and again. Raise serverMemory, set "
        "it to 0 for no limit, or lower serverContextSize, serverBatchSize and serverUbatchSize together.",
        "serverMemory",
        "serverUbatchSize",
        "quant",
        "modelDimensions",
    )


def file_size(settings: Settings) -> int:
    """Return the MiB of the model file; 0 for one of another repository, whose size is not known here."""
    if settings.model.repository != JINA_REPOSITORY:
        return 0
    return math.ceil(QUANTS[settings.quant].megabytes * 1_000_000 / MEBIBYTE)


def buffer_size(settings: Settings, tokens: int) -> int:
    """Return the MiB that a batch of so many tokens needs.

    It is at least that for another model, whose vocabulary is not known here.
    """
    needed = WORK_PER_NUMBER * settings.model.dimensions * tokens
    if settings.model.repository == JINA_REPOSITORY:
        needed += 4 * VOCABULARY * tokens
        if settings.server.flash_attention == "off":
            needed += ATTENTION * tokens**2
    return math.ceil(needed / MEBIBYTE)
