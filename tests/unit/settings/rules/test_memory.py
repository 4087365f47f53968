"""A limit of memory that cannot hold the server is refused with the parts of what it needs."""

import pytest

from components.settings import SettingsError
from components.settings.rules.memory import ITSELF, buffer_size, file_size
from tests.unit.project import stack_settings

SMALL = {"serverContextSize": 512, "serverBatchSize": 512, "serverUbatchSize": 512}
OTHER = {**SMALL, "modelRepository": "me/mine", "modelDimensions": 384, "dims": 384}


def tokens(count: int) -> dict[str, object]:
    """Return the settings for documents of `count` tokens."""
    return {"serverContextSize": count, "serverBatchSize": count, "serverUbatchSize": count}


MEASURED = [
    ("on", 503, 301),
    ("on", 2039, 1142),
    ("on", 4087, 2277),
    ("off", 2039, 1280),
    ("off", 4040, 2912),
]
"""Flash attention, tokens of a document that fills the batch, MiB of the server after it without the model file."""


@pytest.mark.parametrize(("flash", "count", "measured"), MEASURED)
def test_the_buffers_are_those_that_were_measured(flash: str, count: int, measured: int) -> None:
    settings = stack_settings("cpu", **tokens(count), serverFlashAttention=flash)
    assert buffer_size(settings, settings.server.ubatch_size) + ITSELF == pytest.approx(measured, rel=0.1)


@pytest.mark.parametrize(
    ("changes", "memory"),
    [
        ({}, 4900),
        (SMALL, 700),
        ({**SMALL, "quant": "Q2_K"}, 400),
        ({**tokens(2048), "quant": "Q8_0"}, 1300),
        (OTHER, 50),
    ],
    ids=str,
)
def test_a_limit_that_is_too_small_is_refused_with_the_need_its_parts_and_what_to_lower(
    changes: dict[str, object], memory: int
) -> None:
    with pytest.raises(SettingsError) as raised:
        stack_settings("cpu", **changes, serverMemory=memory)
    (problem,) = raised.value.problems
    settings = stack_settings("cpu", **changes)
    parts = (file_size(settings), buffer_size(settings, settings.server.ubatch_size), ITSELF)
    assert problem.startswith(
        f"serverMemory is {memory}, but the server for documents needs about {sum(parts)} MiB: "
    )
    for part in parts:
        assert not part or f"{part} for" in problem
    assert "lower serverContextSize, serverBatchSize and serverUbatchSize together" in problem


@pytest.mark.parametrize(
    ("stack", "changes", "memory"),
    [
        ("cpu", {}, 0),
        ("cpu", {}, 5200),
        ("cpu", SMALL, 800),
        ("cpu", {**SMALL, "quant": "Q2_K"}, 480),
        ("cpu", OTHER, 128),
        ("gpu", {}, 2048),
    ],
    ids=str,
)
def test_a_limit_that_holds_the_server_is_taken(stack: str, changes: dict[str, object], memory: int) -> None:
    assert stack_settings(stack, **changes, serverMemory=memory).server.memory == memory
