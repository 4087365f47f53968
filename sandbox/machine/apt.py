"""Debian packages of the host that parts of the sandbox need."""

import os
import shutil
import subprocess
import threading
from pathlib import Path

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.machine.process import run

INSTALLED = "ii "
"""What dpkg-query's db:Status-Abbrev says of a package that is wholly installed."""


_one_at_a_time = threading.Lock()
"""apt-get waits for another one that installs, but gives up at once when another one updates its lists."""


def missing_packages(packages: tuple[str, ...]) -> list[str]:
    """Return those of `packages` that dpkg does not know as installed; all of them where there is no dpkg."""
    if shutil.which("dpkg-query") is None:
        return list(packages)
    answer = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${db:Status-Abbrev}${Package}\n", *packages],
        capture_output=True,
        text=True,
        check=False,  # exits 1 when it does not know one of them
    )
    installed = {
        line.removeprefix(INSTALLED).strip()
        for line in answer.stdout.splitlines()
        if line.startswith(INSTALLED)
    }
    return [package for package in packages if package not in installed]


def as_root() -> list[str]:
    """Return what to put before a command that must run as root: nothing for root itself, else sudo.

    Raises SandboxError if this user is not root, and sudo is missing or would ask for a password.
    """
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], check=False).returncode == 0:
        return ["sudo", "-n"]
    raise SandboxError(
        "This step needs root, and this user is neither root nor may use sudo without a password. "
        "Run it as root, or allow sudo and run it again."
    )


def ensure_installed(log: Path, say: Say, *packages: str) -> None:
    """Install those of the Debian `packages` that are missing; their output goes to `log`.

    Raises SandboxError if packages are missing, and there is no apt or this user may not use it.
    """
    missing = missing_packages(packages)
    if not missing:
        return
    names = " ".join(missing)
    if shutil.which("apt-get") is None:
        raise SandboxError(
            f"The sandbox needs these Debian packages: {names}. There is no apt-get here to install them. "
            "Install their equivalents with this system's package manager, or use a Debian or Ubuntu machine."
        )
    try:
        prefix = as_root()
    except SandboxError as error:
        raise SandboxError(
            f"The sandbox needs these Debian packages: {names}. {error} "
            f"Or have somebody run: apt-get install {names}"
        ) from error
    say(f"installing Debian packages: {names}")
    # `env` carries the variable through sudo, which drops the environment.
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300"]
    install = [*apt, "install", "--yes", "--no-install-recommends", *missing]
    with _one_at_a_time:
        try:
            run(install, log)
        except SandboxError:
            # The package lists are absent or name versions that are gone: fetch them and try once more.
            run([*apt, "update"], log)
            run(install, log)
