"""Puts the provider plugins on PATH: the official ones where the CLI can fetch them, else the stand-ins."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from sandbox.cache import Say, entry
from sandbox.errors import SandboxError
from sandbox.providers.schema import RESOURCES

OFFICIAL = {"docker": "5.2.0", "command": "1.2.1"}
"""The plugins that the SDKs in requirements.txt ask for."""

DOWNLOAD_SECONDS = 60
REFUSAL_SECONDS = 24 * 3600
"""How long a refused download is not tried again."""

LAUNCHER = """\
#!/bin/sh
# Stand-in for Pulumi's {provider} plugin: see sandbox/providers of the repository.
export JINA_SEARCH_{upper}_SCHEMA={schema}
exec {python} -P -s -c 'import sys, runpy; sys.path.insert(0, sys.argv.pop(1)); \\
runpy.run_module("sandbox.providers.{provider}", run_name="__main__")' {repository} "$@"
"""


def ensure_providers(cache: Path, say: Say) -> Path:
    """Return a folder for PATH with the stand-ins `pulumi-resource-docker` and `pulumi-resource-command`.

    They run with this interpreter from this repository. The folder is made anew for another SDK version, interpreter
    or place of the repository.
    """
    repository = Path(__file__).resolve().parent.parent.parent
    versions = "-".join(version(f"pulumi_{provider}") for provider in RESOURCES)
    recipe = (repository / "sandbox" / "providers" / "schema.py").read_bytes()
    place = f"{sys.executable}\0{repository}\0{LAUNCHER}".encode() + recipe
    key = f"provider-stand-ins-{versions}-{_short_digest(place)}"

    def build(folder: Path) -> None:
        say("preparing the stand-ins for Pulumi's docker and command plugins")
        for provider in RESOURCES:
            schema = folder / f"{provider}.json"
            schema.write_text(_introspected(provider, repository))
            launcher = folder / f"pulumi-resource-{provider}"
            text = LAUNCHER.format(
                provider=provider,
                upper=provider.upper(),
                schema=shlex.quote(str(cache / key / schema.name)),
                python=shlex.quote(sys.executable),
                repository=shlex.quote(str(repository)),
            )
            launcher.write_text(text)
            launcher.chmod(0o755)

    return entry(cache, key, build)


def official_plugins_available(pulumi: Path, env: Mapping[str, str], cache: Path) -> bool:
    """Say whether the CLI `pulumi` has, or can fetch, the official plugins, in the environment `env`.

    The first answer costs a download or its refusal; a refusal is remembered in the cache for a day.
    """
    refusal = cache / "official-plugins-refused.json"
    if refusal.is_file() and time.time() - json.loads(refusal.read_text())["at"] < REFUSAL_SECONDS:
        return False
    for provider, release in OFFICIAL.items():
        command = [str(pulumi), "plugin", "install", "resource", provider, release]
        try:
            subprocess.run(command, env=dict(env), check=True, capture_output=True, timeout=DOWNLOAD_SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            refusal.parent.mkdir(parents=True, exist_ok=True)
            refusal.write_text(
                json.dumps({"at": time.time(), "plugin": provider, "why": type(error).__name__})
            )
            return False
    refusal.unlink(missing_ok=True)
    return True


def _introspected(provider: str, repository: Path) -> str:
    command = [sys.executable, "-P", "-m", "sandbox.providers.schema", provider]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SandboxError(
            f"The SDK pulumi_{provider} could not be read for its stand-in: {result.stderr.strip()[-2000:]}\n"
            "Install requirements.txt into this virtual environment."
        )
    return result.stdout


def _short_digest(content: bytes) -> str:
    from hashlib import sha256  # noqa: PLC0415

    return sha256(content).hexdigest()[:12]
