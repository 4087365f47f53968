"""The clients' packages in an environment of their own: python -m tests.contract.clients.installed prepares it.

They are not the project's: they would bring a hundred packages into its environment, and pin some that it pins too.
"""

import hashlib
import sys
from pathlib import Path

from components.say import Say
from sandbox.machine.cache import cache_root, entry
from sandbox.machine.process import run

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def ensure_clients(cache: Path, say: Say) -> Path:
    """Return the Python that has the clients, installing them where they are not (a minute, 380 MB).

    Raises SandboxError when they can't be installed.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]

    def build(folder: Path) -> None:
        say("installing the OpenAI clients that the tests try (a minute)")
        log = cache / "clients.log"
        run([sys.executable, "-m", "venv", folder], log)
        # Compiled when they are imported: most modules never are.
        options = ["--disable-pip-version-check", "--no-compile", "--no-deps", "--requirement"]
        run([folder / "bin/python", "-m", "pip", "install", *options, REQUIREMENTS], log)

    return entry(cache, f"clients-{version}-{digest}", build) / "bin/python"


if __name__ == "__main__":
    ensure_clients(cache_root(), lambda line: print(line, flush=True))
