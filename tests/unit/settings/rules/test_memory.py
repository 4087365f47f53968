"""A limit of memory that cannot hold the server is refused with the parts of what it needs."""

import pytest

from components.settings import SettingsError
from components.settings.rules.memory import ITSELF, buffer_size, file_size, packed_size
from tests.unit.project import stack_settings

SMALL = {"serverContextSize": 512, "serverBatchSize": 512, "serverUbatchSize": 512}
OTHER = {**SMALL, "modelRepository": "me/mine", "modelDimensions": 384, "dims": 384}


def tokens(count: int) -> dict[str, object]:
    """Return the settings for documents of `count` tokens."""
    return {"serverContextSize": count, "serverBatchSize": count, "serverUbatchSize": count}


PREBUILT = "there.test/server:1"

MEASURED = [
    ("off", "on", 1501, 141),
    ("off", "on", 6001, 443),
    ("off", "off", 2041, 352),
    ("off", "off", 4021, 1036),
    ("f32", "on", 1501, 632),
    ("f32", "on", 6001, 972),
]
"""serverOnednn, flash attention, tokens of a document that fills the batch, MiB of the server without the file."""


@pytest.mark.parametrize(("onednn", "flash", "count", "measured"), MEASURED)
def test_what_a_server_needs_beside_the_file_is_what_was_measured(
    onednn: str, flash: str, count: int, measured: int
) -> None:
    settings = stack_settings("cpu", **tokens(count), serverOnednn=onednn, serverFlashAttention=flash)
    parts = (packed_size(settings), buffer_size(settings, settings.server.ubatch_size), ITSELF)
    assert sum(parts) == pytest.approx(measured, rel=0.1)


def test_which_numbers_a_processor_has_is_not_known_so_the_larger_ones_count() -> None:
    assert packed_size(stack_settings("cpu")) == packed_size(stack_settings("cpu", serverOnednn="f32")) > 0
    assert packed_size(stack_settings("gpu")) == packed_size(stack_settings("cpu", serverOnednn="off")) == 0


def test_an_image_from_elsewhere_may_keep_a_score_for_each_word() -> None:
    built, prebuilt = (stack_settings("cpu", imagePrebuilt=image) for image in ("", PREBUILT))
    assert buffer_size(prebuilt, 1000) == pytest.approx(buffer_size(built, 1000) + 489, abs=2)


@pytest.mark.parametrize(
    ("changes", "memory"),
    [
        ({}, 1500),
        ({"imagePrebuilt": PREBUILT}, 5400),
        ({"serverOnednn": "off"}, 950),
        (SMALL, 900),
        ({**SMALL, "quant": "Q2_K"}, 650),
        ({**tokens(2048), "quant": "Q8_0"}, 850),
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
    buffers = buffer_size(settings, settings.server.ubatch_size)
    parts = (file_size(settings), packed_size(settings), buffers, ITSELF)
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
        ("cpu", {}, 1700),
        ("cpu", {"imagePrebuilt": PREBUILT}, 5700),
        ("cpu", {"serverOnednn": "off"}, 1100),
        ("cpu", SMALL, 1050),
        ("cpu", {**SMALL, "quant": "Q2_K"}, 750),
        ("cpu", OTHER, 128),
        ("gpu", {}, 2048),
    ],
    ids=str,
)
def test_a_limit_that_holds_the_server_is_taken(stack: str, changes: dict[str, object], memory: int) -> None:
    assert stack_settings(stack, **changes, serverMemory=memory).server.memory == memory
