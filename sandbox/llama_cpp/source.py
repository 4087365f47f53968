"""Where the image build fetches llama.cpp: the repository of the stack's settings, or one served by this machine."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from components.commit import is_commit
from components.say import Say
from sandbox.errors import SandboxError
from sandbox.llama_cpp.repository import BRANCH, REPOSITORY, VERSION, ensure_git, ensure_repositories
from sandbox.machine.ports import LOOPBACK
from sandbox.machine.refusals import refused_lately, remember
from sandbox.part import Part

PART = "llama.cpp source"
PORT = 9419

FORK = "https://github.com/jina-ai/llama.cpp.git"
"""The repository that the project builds from by default, at BRANCH."""

PROBE_SECONDS = 5.0

START_SECONDS = 10.0


@dataclass(frozen=True)
class LlamaCppSource:
    """What to build from: a repository that git fetches from, and the branch, tag or full commit in it."""

    part: Part
    repository: str
    ref: str


def ensure_source(cache: Path, say: Say, repository: str, ref: str, port: int = PORT) -> LlamaCppSource:
    """Return `repository` and `ref` if they can be fetched, else a stand-in served on 127.0.0.1:`port`.

    The stand-in is mainline llama.cpp under the branch name of the fork, fetched by git like the real one.

    Raises SandboxError when git or the source cannot be had, or the port is taken by another program.
    """
    ensure_git(cache, say)
    if _answers(cache, repository, ref):
        return LlamaCppSource(Part(PART, True, f"{repository} at {ref}"), repository, ref)
    folder = ensure_repositories(cache, say)
    _serve(cache, folder, port, say)
    what = (
        f"stand-in: mainline build {VERSION.partition('.')[0]} of a source package, as a local git repository"
    )
    return LlamaCppSource(Part(PART, False, what), f"git://{LOOPBACK}:{port}/{REPOSITORY}", BRANCH)


def stop_source(cache: Path) -> None:
    """End the git daemon that `ensure_source` started; nothing happens when there is none."""
    file = _pid_file(cache)
    if not file.exists():
        return
    pid = int(file.read_text())
    if _is_git_daemon(pid):
        with contextlib.suppress(ProcessLookupError):
            # The daemon leads a session of its own, and `git` starts it as its child.
            os.killpg(pid, signal.SIGTERM)
    file.unlink(missing_ok=True)


def _answers(cache: Path, repository: str, ref: str) -> bool:
    """Ask the real repository, unless it did not answer within the last day."""
    key = f"git {repository} {ref}"
    if refused_lately(cache, key):
        return False
    if _probe(repository, ref):
        return True
    remember(cache, key)
    return False


def _probe(repository: str, ref: str) -> bool:
    """Ask the repository for `ref`; for a full commit any answer will do, since no list of names has it."""
    names = [] if is_commit(ref) else ["--exit-code", repository, ref]
    try:
        answer = subprocess.run(
            ["git", "ls-remote", "--quiet", *(names or [repository, "HEAD"])],
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (subprocess.TimeoutExpired, FileNotFoundError):
        return False
    return answer.returncode == 0


def _serve(cache: Path, folder: Path, port: int, say: Say) -> None:
    """Make sure that a git daemon serves the repositories in `folder`, read-only; start one if none answers."""
    with FileLock(f"{_pid_file(cache)}.lock"):
        if _serves_source(port):
            return
        stop_source(cache)
        say(f"serving the source of llama.cpp to the image build on {LOOPBACK}:{port}")
        log = cache / "git-daemon.log"
        daemon = _start_daemon(folder, port, log)
        _pid_file(cache).write_text(str(daemon.pid))
        deadline = time.monotonic() + START_SECONDS
        while not _serves_source(port):
            if daemon.poll() is not None or time.monotonic() > deadline:
                stop_source(cache)
                raise SandboxError(
                    f"The git daemon that serves llama.cpp to the image build does not answer on {LOOPBACK}:{port}. "
                    f"Is the port taken by another program? Its log is {log}."
                )
            time.sleep(0.1)


def _start_daemon(folder: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    command = ["git", "daemon", "--reuseaddr", f"--listen={LOOPBACK}", f"--port={port}"]
    # Nothing can be pushed: receive-pack is off unless it is enabled.
    command += ["--export-all", "--forbid-override=receive-pack", f"--base-path={folder}", str(folder)]
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # outlives this program: the image build fetches later
        )


def _serves_source(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
        return _probe(f"git://{LOOPBACK}:{port}/{REPOSITORY}", BRANCH)
    return False


def _is_git_daemon(pid: int) -> bool:
    """Tell whether process `pid` is still a git daemon, and not another program that got its number."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"daemon" in command or command[0].endswith(b"git-daemon")


def _pid_file(cache: Path) -> Path:
    return cache / "git-daemon.pid"
