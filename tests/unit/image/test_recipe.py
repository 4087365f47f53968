"""The name of an image: it follows from what is built, and from nothing else of the machine."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from components.image.errors import RecipeError
from components.image.recipe import Recipe, full_name
from tests.unit.project import PROJECT_DIRECTORY

RECIPE = Recipe(
    image_name="registry.example:5000/server",
    owner="jina-search-cpu-0a1b2c",
    kind="cpu",
    dockerfile="docker/Dockerfile",
    arguments={"BASE_IMAGE": "debian:some"},
    platform="linux/amd64",
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Copy the files of the builds, as a clone elsewhere has them under umask 077."""
    shutil.copytree(PROJECT_DIRECTORY / "docker", tmp_path / "elsewhere" / "docker")
    for path in (tmp_path / "elsewhere").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return tmp_path / "elsewhere"


def test_kind_digest_and_owner_are_in_the_tag() -> None:
    name = full_name(RECIPE, PROJECT_DIRECTORY)
    assert re.fullmatch(r"registry\.example:5000/server:cpu-[0-9a-f]{12}-jina-search-cpu-0a1b2c", name)


def test_the_longest_id_fits_into_a_tag() -> None:
    name = full_name(replace(RECIPE, kind="gateway", owner="s" * 100), PROJECT_DIRECTORY)
    assert len(name.rpartition(":")[2]) <= 128


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "Dockerfile.cuda", "gateway/Dockerfile"])
def test_a_clone_elsewhere_with_other_modes_has_the_same_image(dockerfile: str, clone: Path) -> None:
    recipe = replace(RECIPE, dockerfile=f"docker/{dockerfile}")
    (clone / "docker" / ".DS_Store").write_text("what a build does not read")
    assert full_name(recipe, clone) == full_name(recipe, PROJECT_DIRECTORY)


@pytest.mark.parametrize(
    ("dockerfile", "file"),
    [
        ("Dockerfile", "Dockerfile"),
        ("Dockerfile", "build.sh"),
        ("Dockerfile", "install-packages.sh"),
        ("Dockerfile", "onednn/products.cpp"),
        ("Dockerfile.cuda", "healthcheck.sh"),
        ("gateway/Dockerfile", "gateway/lanes.py"),
        ("gateway/Dockerfile", "install-packages.sh"),
    ],
)
def test_a_file_that_the_build_reads_makes_another_image_by_its_content(
    dockerfile: str, file: str, clone: Path
) -> None:
    recipe = replace(RECIPE, dockerfile=f"docker/{dockerfile}")
    with (clone / "docker" / file).open("a") as stream:
        stream.write("\n# changed\n")
    assert full_name(recipe, clone) != full_name(recipe, PROJECT_DIRECTORY)


@pytest.mark.parametrize(
    "changes",
    [{"platform": "linux/arm64"}, {"arguments": {"BASE_IMAGE": "debian:other"}}, {"owner": "another"}],
    ids=str,
)
def test_arguments_platform_and_owner_make_another_image(changes: dict[str, object]) -> None:
    assert full_name(replace(RECIPE, **changes), PROJECT_DIRECTORY) != full_name(RECIPE, PROJECT_DIRECTORY)  # type: ignore[arg-type]


def test_a_file_that_is_gone_is_named_with_what_to_do(clone: Path) -> None:
    (clone / "docker" / "build.sh").unlink()
    with pytest.raises(RecipeError, match=r"docker/build\.sh.*git checkout docker"):
        full_name(RECIPE, clone)


def test_a_file_that_is_added_to_those_of_a_pattern_makes_another_image(clone: Path) -> None:
    (clone / "docker/onednn/another.cpp").write_text("// more")
    assert full_name(RECIPE, clone) != full_name(RECIPE, PROJECT_DIRECTORY)
    (clone / "docker/onednn/another.cpp").unlink()
    (clone / "docker/onednn/another.cpp.orig").write_text("what a build does not read")
    assert full_name(RECIPE, clone) == full_name(RECIPE, PROJECT_DIRECTORY)
