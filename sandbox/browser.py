"""Chromium, in which the search page is tested and drawn: the one that is installed, or Debian's."""

import shutil
from pathlib import Path

from components.say import Say
from sandbox.machine.apt import ensure_installed

NAMES = ("chromium", "chromium-browser", "google-chrome")


def ensure_browser(cache: Path, say: Say) -> str:
    """Return the path of Chromium; install Debian's where there is none. Raises SandboxError where that fails."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        # Without a font every letter is a box.
        ensure_installed(cache / "apt.log", say, "chromium", "fonts-dejavu-core")
        found = str(shutil.which("chromium"))
    return found
