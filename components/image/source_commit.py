"""Finds out which commit of llama.cpp a branch or tag is, without fetching its files."""

import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from components.image.errors import NoSuchRefError, RepositoryUnreachableError, SourceError
from components.image.git import Answer, TimedOutError, run_git, without_credentials

Say = Callable[[str], None]
"""Shows one line to the person."""

_WITHIN = 60.0  # seconds: a server that knows no filters sends all files of the commit
_WITHIN_REFRESH = 10.0  # a refresh must not hang on a repository that does not answer

_NO_SUCH_REF = re.compile(
    r"couldn't find remote ref|not our ref|unadvertised object|no such ref|invalid refspec", re.IGNORECASE
)


@dataclass(frozen=True)
class SourceCommit:
    """One commit: its full name, and when it was made (RFC 3339, UTC)."""

    commit: str
    created: str


def is_commit(ref: str) -> bool:
    """Tell whether `ref` is the full name of a commit, which is the same for ever."""
    return re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", ref) is not None


def resolve(repository: str, ref: str, within: float = _WITHIN) -> SourceCommit:
    """Ask `repository` which commit the branch, tag or full commit `ref` is.

    Raises GitMissingError, RepositoryUnreachableError (also after `within` seconds) and NoSuchRefError.
    """
    deadline = time.monotonic() + within
    with tempfile.TemporaryDirectory(prefix="llama-cpp-source-") as name:
        folder = Path(name)
        try:
            made = run_git(folder, ["init", "--quiet", "--bare", name], within)
            if not made.succeeded:
                raise SourceError(f"git can't make a repository in {folder}: {_reason(made)}")
            _fetch(folder, repository, ref, deadline)
            # People who have signatures shown would get them here, before the commit.
            show = ["log", "-1", "--no-show-signature", "--format=%H %ct", "FETCH_HEAD"]
            found = run_git(folder, show, _left(deadline))
        except TimedOutError as error:
            raise _unreachable(repository, ref, f"it did not answer within {within:.0f} s") from error
    if not found.succeeded or not found.output:  # a tag can be one of a file
        raise _no_such_ref(repository, ref)
    commit, _, seconds = found.output.partition(" ")
    created = datetime.fromtimestamp(int(seconds), UTC)
    return SourceCommit(commit, created.isoformat().replace("+00:00", "Z"))


def upstream_commit(repository: str, ref: str, held: str, before: str, say: Say) -> str:
    """Return the commit that `ref` is now, where that is another than `held`; else an empty text.

    Says so in one line. Where the repository can't be asked, one line says that, and what was known `before` is
    returned. A full commit takes no request.
    """
    if is_commit(ref):
        return ""
    shown = without_credentials(repository)
    try:
        now = resolve(repository, ref, _WITHIN_REFRESH).commit
    except SourceError as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        say(f"llama.cpp: whether {ref} of {shown} has moved could not be found out: {reason}")
        return before
    if now == held:
        return ""
    say(
        f"llama.cpp: {ref} of {shown} is commit {now} now; the image stays as built from {held}. "
        f"To take it: `pulumi config set llamaCppRef {now}`, then `pulumi up`"
    )
    return now


def _fetch(folder: Path, repository: str, ref: str, deadline: float) -> None:
    """Fetch the commit alone. A server without filters ignores that one or refuses it: then its files come too."""
    fetch = ["fetch", "--quiet", "--no-tags", "--depth=1"]
    what = ["--", repository, ref]
    answer = run_git(folder, [*fetch, "--filter=tree:0", *what], _left(deadline))
    if not answer.succeeded and "filter" in answer.said:
        answer = run_git(folder, [*fetch, "--no-filter", *what], _left(deadline))
    if answer.succeeded:
        return
    if _NO_SUCH_REF.search(answer.said):
        raise _no_such_ref(repository, ref)
    raise _unreachable(repository, ref, _reason(answer))


def _left(deadline: float) -> float:
    return deadline - time.monotonic()


def _reason(answer: Answer) -> str:
    """Return the first line of git's that is no mere warning; ssh tells its reason before git does."""
    if "could not read Username" in answer.said:
        return "it is not there, or not for everybody to read"
    lines = [line for line in answer.said.splitlines() if not line.startswith("warning:")]
    return lines[0].removeprefix("fatal: ").rstrip(".") if lines else "git says nothing"


def _unreachable(repository: str, ref: str, reason: str) -> RepositoryUnreachableError:
    shown = without_credentials(repository)
    return RepositoryUnreachableError(
        f"The commit of llama.cpp that {ref} stands for can't be found out: {shown} can't be read: {reason}.\n"
        f"Try `git ls-remote {shown}` on this machine. Then correct llamaCppRepository, or this machine's network or "
        "access, or set imagePrebuilt to build no image."
    )


def _no_such_ref(repository: str, ref: str) -> NoSuchRefError:
    shown = without_credentials(repository)
    return NoSuchRefError(
        f"{shown} has no branch, tag or commit {ref}.\n"
        f"Set llamaCppRef to one that `git ls-remote {shown}` lists, or to a full commit of 40 characters."
    )
