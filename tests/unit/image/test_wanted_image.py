"""WantedImageProvider and EnginePlatformProvider: what is built again when, and what is asked once."""

from typing import Any

import pytest
from pulumi.output import UNKNOWN

from components.engine.errors import PlatformUnknownError
from components.image.dynamic.engine_platform import EnginePlatformProvider
from components.image.dynamic.wanted_image import WantedImageProvider
from tests.unit.declared import shown
from tests.unit.image.engine_double import EngineDouble

INPUTS: dict[str, Any] = {
    "image_name": "server",
    "owner": "stack",
    "kind": "cpu",
    "dockerfile": "docker/Dockerfile",
    "arguments": {"BASE_IMAGE": "debian:some"},
    "platform": "linux/amd64",
    "engine": {},
}


@pytest.fixture
def made(engine: EngineDouble) -> dict[str, Any]:
    """Return the outputs of an image that was wanted, and then built."""
    outputs = created()
    engine.hold(outputs["full_name"])
    return outputs


def created() -> dict[str, Any]:
    outputs = WantedImageProvider().create(INPUTS).outs
    assert outputs is not None
    return outputs


def changes(olds: dict[str, Any], **news: Any) -> bool:
    return bool(WantedImageProvider().diff("cpu", olds, INPUTS | news).changes)


def test_an_image_that_is_there_changes_nothing_and_echoes_its_inputs(made: dict[str, Any]) -> None:
    assert INPUTS.items() <= made.items()
    assert not changes(made)
    read = WantedImageProvider().read("cpu", made)
    assert read.outs == made


@pytest.mark.parametrize(
    "news",
    [
        {"arguments": {"BASE_IMAGE": "debian:other"}},
        {"platform": "linux/arm64"},
        {"arguments": {"BASE_IMAGE": UNKNOWN}},
        {"owner": UNKNOWN},
    ],
    ids=shown,
)
def test_another_recipe_is_another_image(made: dict[str, Any], news: dict[str, Any]) -> None:
    assert changes(made, **news)


def test_an_image_that_the_engine_has_lost_gets_another_mark_under_the_same_name(
    made: dict[str, Any], engine: EngineDouble
) -> None:
    engine.hold()
    assert changes(made)
    updated = WantedImageProvider().update("cpu", made, INPUTS).outs or {}
    assert updated["full_name"] == made["full_name"]
    assert updated["mark"] != made["mark"]


def test_a_preview_asks_once_for_an_image_that_is_there(made: dict[str, Any], engine: EngineDouble) -> None:
    asked = engine.folder / "asked"
    asked.unlink()
    assert not changes(made)
    assert [line.split()[:2] for line in asked.read_text().splitlines()] == [["image", "inspect"]]


def test_an_engine_that_does_not_answer_has_lost_nothing(made: dict[str, Any], engine: EngineDouble) -> None:
    engine.stop()
    assert not changes(made)


def test_the_engine_of_another_machine_has_lost_nothing_until_a_refresh_is_about_it(
    made: dict[str, Any], engine: EngineDouble
) -> None:
    engine.become("ANOTHER")
    assert not changes(made)
    refreshed = WantedImageProvider().read("cpu", made).outs or {}
    assert changes(refreshed)


def test_the_way_to_the_engine_is_no_change(made: dict[str, Any]) -> None:
    assert not changes(made, engine={"DOCKER_HOST": "tcp://elsewhere:2375"})


def test_a_first_build_that_failed_is_tried_again(engine: EngineDouble) -> None:
    made = created()
    engine.hold("something:else")
    assert changes(made)


def test_the_platform_is_the_engines_and_stays_what_it_was(engine: EngineDouble) -> None:
    provider = EnginePlatformProvider()
    made = provider.create({"engine": {}}).outs or {}
    assert made["platform"] == "linux/arm64"
    asked = (engine.folder / "asked").read_text()
    assert not provider.diff("id", made, {"engine": {"DOCKER_HOST": "tcp://elsewhere:2375"}}).changes
    assert provider.read("id", made).outs == made
    assert (engine.folder / "asked").read_text() == asked


def test_an_engine_that_does_not_tell_its_platform_is_named_with_what_to_do(engine: EngineDouble) -> None:
    engine.stop()
    with pytest.raises(
        PlatformUnknownError, match="Cannot connect to the Docker daemon at tcp://elsewhere"
    ) as told:
        EnginePlatformProvider().create({"engine": {"DOCKER_HOST": "tcp://elsewhere:2375"}})
    assert "imagePlatform" in str(told.value)
