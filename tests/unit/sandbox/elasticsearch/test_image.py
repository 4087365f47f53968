"""Which image is used, pulled or built, told from a double of the engine."""

from pathlib import Path
from typing import Any

import pytest
from docker.errors import APIError, ImageNotFound

from sandbox.docker import images
from sandbox.docker.debian_images import LABEL
from sandbox.elasticsearch import image as module
from sandbox.elasticsearch.image import RECIPE_LABEL, ensure_image, recipe_hash

NAME = "elasticsearch:9.5.3"


class Engine:
    """A double of the docker client: at most one image, and a registry that hands it out or does not."""

    def __init__(self, held: dict[str, str] | None, *, registry: bool) -> None:
        self.labels = held
        self.registry = registry
        self.asked: list[str] = []
        self.removed: list[str] = []
        self.id = "the held image"
        self.images = self

    def get(self, _name: str) -> "Engine":
        if self.labels is None:
            raise ImageNotFound("no such image")
        return self

    def get_registry_data(self, name: str) -> None:
        self.asked.append(name)
        if not self.registry:
            raise APIError("no route to host")

    def remove(self, name: str) -> None:
        self.removed.append(name)
        raise APIError("conflict: a container uses it")

    def pull(self, _repository: str, tag: str) -> None:
        assert tag == "9.5.3"
        self.labels = {}


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the recipes that were built; nothing is built."""
    recipes: list[str] = []
    monkeypatch.setattr(module, "_build", lambda *arguments: recipes.append(arguments[-1]))
    return recipes


def use(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        @staticmethod
        def from_env(**_options: Any) -> Engine:
            return engine

    for user in (module, images):
        monkeypatch.setattr(user, "DockerClient", Client)


@pytest.mark.parametrize(
    ("held", "registry", "real", "builds", "asks"),
    [
        pytest.param({}, False, True, False, False, id="an official image is left as it is"),
        pytest.param(
            {LABEL: "x", RECIPE_LABEL: "today"}, True, False, False, False, id="a stand-in of today is used"
        ),
        pytest.param(
            {LABEL: "x", RECIPE_LABEL: "old"}, False, False, True, True, id="an old stand-in is built again"
        ),
        pytest.param(None, True, True, False, True, id="the official image is pulled where it can be"),
        pytest.param(None, False, False, True, True, id="a stand-in is built where it cannot be pulled"),
    ],
)
def test_the_image_is_the_official_one_where_it_can_be_had(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    built: list[str],
    *,
    held: dict[str, str] | None,
    registry: bool,
    real: bool,
    builds: bool,
    asks: bool,
) -> None:
    monkeypatch.setattr(module, "recipe_hash", lambda: "today")
    engine = Engine(held, registry=registry)
    use(engine, monkeypatch)
    part = ensure_image(tmp_path, lambda _line: None, NAME)
    assert part.real is real
    assert ("stand-in" in part.what) is not real
    assert built == (["today"] if builds else [])
    assert engine.asked == ([NAME] if asks else [])
    assert engine.removed == (["the held image"] if builds and held else [])


@pytest.mark.usefixtures("built")
def test_a_registry_that_refused_is_not_asked_again_that_day(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine = Engine(None, registry=False)
    use(engine, monkeypatch)
    for _ in range(2):
        ensure_image(tmp_path, lambda _line: None, NAME)
    assert engine.asked == [NAME]


def test_the_recipe_changes_with_its_files_but_not_with_the_python_beside_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM a")
    first = recipe_hash()
    (tmp_path / "image.py").write_text("a = 1")
    assert recipe_hash() == first
    (tmp_path / "Dockerfile").write_text("FROM b")
    assert recipe_hash() != first
