"""Runs git without a terminal and with a time limit, and keeps credentials out of its output."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from components.image.errors import GitMissingError

_OF_ANOTHER_REPOSITORY = (
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_SHALLOW_FILE",
)
"""What git sets for its hooks, and would take for this repository's own."""


@dataclass(frozen=True)
class Answer:
    """The result of one run of git: `said` is its standard error, in English and without credentials."""

    succeeded: bool
    output: str
    said: str


class TimedOutError(Exception):
    """Git did not end within its time, and was stopped."""


def without_credentials(text: str) -> str:
    """Remove what stands between // and @ of addresses."""
    return re.sub(r"(?<=://)[^/\s]+@", "", text)  # up to the last @: a password may have one


def run_git(arguments: Sequence[str], within: float) -> Answer:
    """Run git outside any repository, as this person has it set up (proxies, keys, certificates).

    It fails instead of asking for a password. Raises GitMissingError, and TimedOutError after `within` seconds.
    """
    git = shutil.which("git")
    if git is None:
        raise GitMissingError(
            "The commit of llama.cpp that llamaCppRef stands for can't be found out: git is not installed on this "
            "machine.\nInstall git (Debian: apt-get install git), or set imagePrebuilt to build no image."
        )
    process = subprocess.Popen(
        [git, *arguments],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,  # no terminal to ask on, and one group to stop with its children
    )
    try:
        output, said = process.communicate(timeout=max(within, 0.0))
    except subprocess.TimeoutExpired as error:
        raise TimedOutError from error
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return Answer(process.returncode == 0, output.strip(), without_credentials(said.strip()))


def _environment() -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if key not in _OF_ANOTHER_REPOSITORY}
    return {
        **inherited,
        "GIT_DIR": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",  # nor a program that opens a window: this also overrules core.askPass and SSH_ASKPASS
        "SSH_ASKPASS_REQUIRE": "never",
        "LC_ALL": "C",
    }
