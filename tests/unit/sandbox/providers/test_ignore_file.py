"""The rules of .dockerignore, compared with the docker package's own reading of them."""

from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

from sandbox.providers.docker.ignore_file import parse

FILES = (
    ".dockerignore",
    "Dockerfile",
    "README.md",
    "a.c",
    "ab.c",
    "[x].c",
    "build/out.o",
    "build/deep/out.o",
    "build/keep.txt",
    "docs/a/b/c.md",
    "docs/index.md",
    "build.sh",
)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["# a comment", "", "README.md"],
        ["*.md"],
        ["**/*.md"],
        ["build"],
        ["build/"],
        ["/build"],
        ["./build"],
        ["build/*"],
        ["build/**"],
        ["build/*", "!build/keep.txt"],
        ["build", "!build/keep.txt"],
        ["*", "!docs", "!a.c"],
        ["!README.md", "*.md"],
        ["?.c"],
        ["[ab].c"],
        ["docs/**/c.md"],
        ["docs/*/c.md"],
        ["**"],
        ["**/out.o"],
        ["**", "!**/*.sh"],
        ["  build  "],
        ["docs/../build"],
    ],
    ids=" ".join,
)
def test_the_same_files_are_left_out_as_by_the_docker_package(tmp_path: Path, lines: list[str]) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    stripped = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    walked = exclude_paths(str(tmp_path), stripped)
    expected = {name for name in walked if (tmp_path / name).is_file()} - {"Dockerfile", ".dockerignore"}
    ignored = parse(lines)
    assert {name for name in FILES if not ignored.leaves_out(name)} - {
        "Dockerfile",
        ".dockerignore",
    } == expected
