"""Pulumi's command line: the installed one, or the same program compiled from Pulumi's own Go modules."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.machine.cache import entry
from sandbox.machine.process import run
from sandbox.part import Part
from sandbox.pulumi.go_toolchain import ensure_go, go_environment

VERSION = "3.259.0"
"""Newer releases of the SDK's module need packages that the module proxy does not have."""

LANGUAGE_HOST_VERSION = "3.60.0"
"""The last release in which the Python language host is part of the SDK's module; it serves today's CLI and SDK."""

CLI_MODULE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
LANGUAGE_HOST_MODULE = f"{SDK_MODULE}/python/cmd/pulumi-language-python"

SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")
"""The language host's program runner and the provider of dynamic resources: scripts in the SDK's module."""

COLD_MINUTES = 6
"""How long compiling takes on 2 cores with empty caches of Go."""


@dataclass(frozen=True)
class PulumiCli:
    """The command line; `path` are the folders to put first on PATH so that `pulumi` and its Python host are found."""

    part: Part
    path: tuple[Path, ...]


def ensure_cli(cache: Path, say: Say) -> PulumiCli:
    """Return the CLI on PATH if there is one with its Python language host, else one compiled into the cache.

    Raises SandboxError when the Go modules cannot be fetched or do not compile.
    """
    return _installed(cache) or _compiled(cache, say)


def _installed(cache: Path) -> PulumiCli | None:
    """Return the CLI that this machine has, None if the CLI or its language host is missing."""
    cli = shutil.which("pulumi")
    if cli is None or Path(cli).resolve().is_relative_to(cache.resolve()):
        return None
    # An installation keeps the host beside the CLI's binary, which may be reached by a link.
    search = os.pathsep.join([os.environ.get("PATH", ""), str(Path(cli).resolve().parent)])
    if shutil.which("pulumi-language-python", path=search) is None:
        return None
    answer = subprocess.run([cli, "version"], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        return None
    return PulumiCli(Part("Pulumi CLI", True, f"{answer.stdout.strip()}, installed as {cli}"), ())


def _compiled(cache: Path, say: Say) -> PulumiCli:
    recipe = sha256(repr((VERSION, LANGUAGE_HOST_VERSION, SCRIPTS)).encode()).hexdigest()[:12]
    key = f"pulumi-{VERSION}-{recipe}"

    def build(folder: Path) -> None:
        go = ensure_go(cache, say)
        log = cache / f"{key}.log"
        say(
            f"compiling Pulumi's CLI {VERSION} from Go modules (about {COLD_MINUTES} min the first time); log: {log}"
        )
        binaries = folder / "bin"
        binaries.mkdir()
        cli = f"{CLI_MODULE}@v{VERSION}"
        _compile(go, cli, binaries / "pulumi", folder / "cli", log)
        host = f"{LANGUAGE_HOST_MODULE}@v{LANGUAGE_HOST_VERSION}"
        _compile(go, host, binaries / "pulumi-language-python", folder / "language-host", log)
        _copy_scripts(go, folder / "cli", binaries, log)

    binaries = entry(cache, key, build) / "bin"
    what = f"v{VERSION}, compiled from the Go modules of the same project"
    return PulumiCli(Part("Pulumi CLI", True, what), (binaries,))


def _compile(go: Path, command: str, binary: Path, module: Path, log: Path) -> None:
    """Compile one `command` (package@version) in a Go module of its own, so that it gets the dependencies it names."""
    module.mkdir()
    environment = go_environment(go)
    flags = f"-s -w -X {SDK_MODULE}/go/common/version.Version={VERSION}"
    run([go, "mod", "init", "sandbox"], log, cwd=module, env=environment)
    run([go, "get", "-tool", command], log, cwd=module, env=environment)
    run(
        [go, "build", "-o", binary, "-ldflags", flags, command.partition("@")[0]],
        log,
        cwd=module,
        env=environment,
    )


def _copy_scripts(go: Path, module: Path, binaries: Path, log: Path) -> None:
    """Copy the SDK's scripts out of Go's module cache, where the CLI's compilation has put its module."""
    answer = subprocess.run(
        [go, "mod", "download", "-json", f"{SDK_MODULE}@v{VERSION}"],
        cwd=module,
        env={**os.environ, **go_environment(go)},
        capture_output=True,
        text=True,
        check=False,
    )
    source = _module_folder(answer.stdout)
    if source is None:
        raise SandboxError(
            f"{SDK_MODULE} v{VERSION} cannot be downloaded: {answer.stderr.strip()}. See {log}."
        )
    for script in SCRIPTS:
        target = binaries / Path(script).name
        shutil.copyfile(source / script, target)
        target.chmod(0o755)


def _module_folder(answer: str) -> Path | None:
    """Return the folder that `go mod download -json` names."""
    folder = json.loads(answer or "{}").get("Dir")
    return Path(folder) if folder else None
