"""Gives the CLI its provider plugins: the official ones where it can fetch them, else the stand-ins."""

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.machine.cache import entry
from sandbox.machine.refusals import refused_lately, remember
from sandbox.part import Part
from sandbox.pulumi.cli import PulumiCli

STAND_INS = {
    "docker": "stand-in over the same protocol, driving the docker engine",
    "command": "stand-in over the same protocol, running real processes",
}

PULUMI_HOME = "pulumi-home"
"""Folder of the cache where the CLI keeps its plugins and its own files."""

DOWNLOAD_SECONDS = 180

PROVIDERS = ("docker", "command")

LAUNCHER = """\
#!/bin/sh
# Stand-in for Pulumi's {provider} plugin: see sandbox/providers of the repository.
export JINA_SEARCH_{upper}_SCHEMA={schema}
exec {python} -E -P -s -S -c 'import gc, sys; gc.disable(); sys.path[:0] = sys.argv.pop(1).split(":")
from sandbox.providers.start import main; main("{provider}")' {path} "$@"
"""


def releases() -> dict[str, str]:
    """Return which release of each plugin the installed SDKs ask for."""
    return {provider: version(f"pulumi_{provider}") for provider in PROVIDERS}


@dataclass(frozen=True)
class Plugins:
    """The plugins of a stack; `folder` is that of the stand-ins, None where the official ones are used."""

    folder: Path | None
    parts: tuple[Part, ...]


def ensure_plugins(cache: Path, say: Say, cli: PulumiCli) -> Plugins:
    """Return the official plugins where they can be downloaded, into `cache`/pulumi-home, else the stand-ins.

    Raises SandboxError when a stand-in cannot be prepared.
    """
    if official_plugins_available(cli, cache / PULUMI_HOME, cache, say):
        parts = (
            Part(f"Pulumi {name} plugin", True, f"v{release}, official")
            for name, release in releases().items()
        )
        return Plugins(None, tuple(parts))
    folder = ensure_providers(cache, say)
    parts = (Part(f"Pulumi {name} plugin", False, STAND_INS[name]) for name in PROVIDERS)
    return Plugins(folder, tuple(parts))


def ensure_providers(cache: Path, say: Say) -> Path:
    """Return a folder with the stand-ins `pulumi-resource-docker` and `pulumi-resource-command`.

    They run with this interpreter from this repository. The folder is made anew for another SDK version, interpreter
    or place of the repository.
    """
    repository = Path(__file__).resolve().parent.parent.parent
    versions = "-".join(releases().values())
    recipe = (repository / "sandbox" / "providers" / "sdk_schema.py").read_bytes()
    # The packages are named rather than found by `site`, which would take a tenth of the start.
    places = dict.fromkeys([str(repository), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    place = repr((sys.executable, list(places), LAUNCHER)).encode() + recipe
    key = f"provider-stand-ins-{versions}-{sha256(place).hexdigest()[:12]}"

    def build(folder: Path) -> None:
        say("preparing the stand-ins for Pulumi's docker and command plugins")
        for provider in PROVIDERS:
            schema = folder / f"{provider}.json"
            schema.write_text(_introspected(provider, repository))
            launcher = folder / f"pulumi-resource-{provider}"
            text = LAUNCHER.format(
                provider=provider,
                upper=provider.upper(),
                schema=shlex.quote(str(cache / key / schema.name)),
                python=shlex.quote(sys.executable),
                path=shlex.quote(":".join(places)),
            )
            launcher.write_text(text)
            launcher.chmod(0o755)

    return entry(cache, key, build)


def place_stand_ins(providers: Path, home: Path) -> None:
    """Put the stand-ins of the folder `providers` where the CLI with this `home` looks for downloaded plugins.

    On PATH they would be found too, but with a warning for each of them at every command.
    """
    for provider, release in releases().items():
        _place(providers, home, provider, release)


def place_kubernetes(provider: Path, home: Path) -> None:
    """Put Pulumi's provider for Kubernetes, compiled into the folder `provider`, where the CLI looks for it."""
    _place(provider, home, "kubernetes", version("pulumi_kubernetes"))


def _place(providers: Path, home: Path, provider: str, release: str) -> None:
    folder = home / "plugins" / f"resource-{provider}-v{release}"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"pulumi-resource-{provider}"
    fresh = folder / f".{os.getpid()}"
    fresh.symlink_to(providers / name)
    fresh.replace(folder / name)


def official_plugins_available(cli: PulumiCli, home: Path, cache: Path, say: Say) -> bool:
    """Say whether the official plugins are in the CLI's `home`, or could be downloaded into it.

    A refusal is remembered in the cache for a day.
    """
    refusal = f"Pulumi plugins {releases()}"
    if refused_lately(cache, refusal):
        return False
    path = os.pathsep.join([*map(str, cli.path), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    say("fetching Pulumi's docker and command plugins (or finding that they are out of reach, 5 s)")
    for provider, release in releases().items():
        command = ["pulumi", "plugin", "install", "resource", provider, release]
        try:
            subprocess.run(
                command,
                executable=shutil.which("pulumi", path=path),
                env=environment,
                check=True,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=DOWNLOAD_SECONDS,
            )
        except (subprocess.SubprocessError, OSError):
            remember(cache, refusal)
            return False
    return True


def _introspected(provider: str, repository: Path) -> str:
    command = [sys.executable, "-P", "-m", "sandbox.providers.sdk_schema", provider]
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SandboxError(
            f"The SDK pulumi_{provider} could not be read for its stand-in: {result.stderr.strip()[-2000:]}\n"
            "Install requirements.txt into this virtual environment."
        )
    return result.stdout
