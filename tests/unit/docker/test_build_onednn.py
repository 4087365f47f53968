"""The script that compiles the backend on oneDNN, run as it is, with programs of ours in place of compilers."""

import subprocess
from pathlib import Path

import pytest

from tests.unit.docker.scripts import run, write_program

LIBRARY = "libggml-onednn.so"


def build(folder: Path, *, machine: str = "x86_64", header: bool = True, compiles: bool = True) -> Path:
    """Run the script as on a machine of this kind; return the folder that the image takes."""
    programs, headers, needed = folder / "programs", folder / "headers", folder / "lib/libdnnl.so.2.6"
    for one in (headers, needed.parent, folder / "code"):
        one.mkdir()
    (folder / "code/backend.cpp").touch()
    needed.write_text("oneDNN")
    if header:
        (headers / "dnnl.hpp").touch()
    write_program(programs, "uname", f"echo {machine}")
    compiler = 'for last; do :; done; echo code >"$last"'
    write_program(
        programs, "g++", compiler if compiles else f"{compiler}; echo 'backend.cpp: error: no x'; exit 1"
    )
    write_program(
        programs, "ldd", f"echo 'libdnnl.so.2 => {needed} (0x1)'; echo 'libm.so.6 => /lib/libm.so.6 (0x2)'"
    )
    write_program(programs, "dpkg-query", "echo 'base-files: /usr/lib/libdnnl.so.2.6'")
    write_program(programs, "strip", "exit 0")
    return headers


def compiled(folder: Path, headers: Path) -> subprocess.CompletedProcess[str]:
    given = (folder / "code", folder / "source", folder / "build", folder / "image")
    answer = run("build-onednn.sh", *given, programs=folder / "programs", HEADERS=str(headers))
    assert answer.returncode == 0, answer.stderr
    return answer


def test_gathers_the_backend_and_what_a_bare_system_lacks_with_its_copyright(tmp_path: Path) -> None:
    answer = compiled(tmp_path, build(tmp_path))
    files = {file.relative_to(tmp_path / "image").as_posix() for file in (tmp_path / "image").rglob("*.*")}
    assert files == {LIBRARY, "libdnnl.so.2"}
    assert (tmp_path / "image/licenses/LICENSE-base-files").stat().st_size > 0
    assert "Compiled the backend on oneDNN" in answer.stdout


@pytest.mark.parametrize(
    ("machine", "header", "compiles", "said"),
    [
        ("aarch64", True, True, "for x86_64, and this is aarch64"),
        ("x86_64", False, True, "libdnnl-dev could not be installed"),
        ("x86_64", True, False, "does not compile against this source"),
    ],
)
def test_an_image_goes_without_it_where_it_cannot_be_had_and_the_build_says_why(
    machine: str, header: bool, compiles: bool, said: str, tmp_path: Path
) -> None:
    answer = compiled(tmp_path, build(tmp_path, machine=machine, header=header, compiles=compiles))
    (line,) = [
        line for line in answer.stdout.splitlines() if line.startswith("The image is built without oneDNN")
    ]
    assert said in line
    assert ("error: no x" in answer.stdout) is not compiles
    assert list((tmp_path / "image").iterdir()) == []
