"""Builds an image of the stack in the Docker engine, and prints its id.

Run as `python3 -m components.commands.image_build` with its settings in the environment. All output of the build
goes to a log in this user's cache; a few lines are shown as they come, and the last ones if the build fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from components.engine.address import docker_environment
from components.engine.docker_cli import answer
from components.errors import StackError
from components.image.build_cli import BuildCli, find_build_cli
from components.image.build_proxies import proxy_variables
from components.program.entry import run_to_end, say
from components.program.stopping import end_group, ending_with_this
from components.say import Say

LINES_SHOWN = 40
"""How many of the last lines are shown if a build fails."""

TOLD_EVERY = 5.0
"""Seconds between two lines of the build that are shown."""

FOREIGN = (
    "The engine can't run programs of {platform}: unset imagePlatform to build for the engine's own, or give the "
    "engine an emulator (docker run --privileged --rm tonistiigi/binfmt --install all)."
)


class BuildError(StackError):
    """The image was not built; the message has the end of the log, and says where all of it is."""


@dataclass(frozen=True)
class Build:
    """What to build: `name` with its tag, from `dockerfile` and the files of `context`.

    `network` is the network of its steps. These do not get into the image: `ca_certificate`, the path of a
    certificate (PEM) to trust, and `apt_mirror`, the address of a server of packages; both may be empty.
    """

    name: str
    context: str
    dockerfile: str
    arguments: Mapping[str, str]
    platform: str
    network: str
    ca_certificate: str
    apt_mirror: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Build:
        """Read the build from IMAGE_BUILD_* variables."""
        return cls(
            name=environment["IMAGE_BUILD_NAME"],
            context=environment["IMAGE_BUILD_CONTEXT"],
            dockerfile=environment["IMAGE_BUILD_DOCKERFILE"],
            arguments=json.loads(environment["IMAGE_BUILD_ARGUMENTS"]),
            platform=environment["IMAGE_BUILD_PLATFORM"],
            network=environment["IMAGE_BUILD_NETWORK"],
            ca_certificate=environment.get("IMAGE_BUILD_CA_CERTIFICATE", ""),
            apt_mirror=environment.get("IMAGE_BUILD_APT_MIRROR", ""),
        )

    @property
    def log(self) -> str:
        """The name of the log: the image's, as a file can have it."""
        return f"{self.name.replace('/', '_').replace(':', '_')}.log"


def build(build: Build, environment: Mapping[str, str], say: Say) -> str:
    """Build the image with the `docker` command under `environment`; return its id in the engine.

    Raises BuildError, NoBuildKitError and EngineError.
    """
    cli = find_build_cli(environment.get("PATH", ""))
    log = _log_folder(environment) / build.log
    with _secrets(build) as secrets, docker_environment(environment) as told:
        proxies = proxy_variables(told)
        command = build_command(cli, build, proxies, secrets)
        # No attestations: they contain the time of the build, which would make each build a different image.
        chosen = {"DOCKER_BUILDKIT": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1", **proxies}
        _run(build, command, {**told, **chosen}, log, say)
    # The engine is asked, because not every builder writes the engine's id to --iidfile.
    return answer(["docker", "image", "inspect", "--format", "{{.Id}}", build.name])


def build_command(
    cli: BuildCli, build: Build, proxies: Mapping[str, str], secrets: Mapping[str, Path]
) -> list[str]:
    """Return the command; values of `proxies`, which may hold a password, stay in the environment."""
    command = [cli.program, "build", "--progress=plain", f"--tag={build.name}"]
    command += [f"--file={build.dockerfile}", f"--platform={build.platform}", f"--network={build.network}"]
    command += [f"--build-arg={key}={value}" for key, value in sorted(build.arguments.items())]
    command += [f"--build-arg={key}" for key in sorted(proxies)]
    command += [f"--secret=id={key},src={file}" for key, file in sorted(secrets.items())]
    # A builder that runs in a container does not load the image into the engine by default.
    return [*command, *(["--load"] if cli.buildx else []), build.context]


@contextmanager
def _secrets(build: Build) -> Iterator[dict[str, Path]]:
    """Yield the files that hold what must not get into the image, by the names of docker's build secrets."""
    with tempfile.TemporaryDirectory(prefix="image-build-") as folder:
        secrets = {}
        if build.apt_mirror:
            secrets["apt-mirror"] = Path(folder, "apt-mirror")
            secrets["apt-mirror"].write_text(f"{build.apt_mirror}\n")
        if build.ca_certificate:
            secrets["ca-certificate"] = Path(build.ca_certificate).expanduser()
            if not secrets["ca-certificate"].is_file():
                raise BuildError(
                    f"imageBuildCaCertificate is {build.ca_certificate}, and there is no such file on this machine: "
                    "put the certificate (PEM) there, or set the path that it has here."
                )
        yield secrets


def _run(build: Build, command: list[str], environment: Mapping[str, str], log: Path, say: Say) -> None:
    tail: deque[str] = deque(maxlen=LINES_SHOWN)
    told = time.monotonic()
    with log.open("w") as file:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=ending_with_this(),  # noqa: PLW1509 (it calls one function of the kernel)
        )
        try:
            for line in process.stdout or ():
                file.write(line)
                if line.strip():
                    tail.append(line.rstrip())
                if tail and time.monotonic() - told >= TOLD_EVERY:
                    told = time.monotonic()
                    say(tail[-1])
            code = process.wait()
        finally:
            end_group(process)
    if code != 0:
        raise BuildError(describe_failure(build, code, list(tail), log))


def describe_failure(build: Build, code: int, tail: list[str], log: Path) -> str:
    """Say how a build ended, what to do if that is known, and where its complete output is."""
    said = "\n".join(tail)
    advice = f"{FOREIGN.format(platform=build.platform)}\n" if "exec format error" in said else ""
    return (
        f"The build of {build.name} failed with exit code {code}. {advice}All that it said is in {log}.\n"
        f"Its last lines:\n{said}"
    )


def _log_folder(environment: Mapping[str, str]) -> Path:
    cache = Path(environment.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    folder = cache / "jina-search" / "builds"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def work() -> str:
    """Build what the environment describes; return the image's id."""
    return build(Build.from_environment(os.environ), os.environ, say)


if __name__ == "__main__":
    sys.exit(run_to_end(work))
