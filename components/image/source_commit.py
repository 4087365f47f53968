"""Looks up the commit of llama.cpp that a branch or tag names."""

from components.commit import is_commit
from components.image.errors import NoSuchRefError, RepositoryUnreachableError, SourceError
from components.image.git import Answer, TimedOutError, run_git, without_credentials
from components.say import Say

_WITHIN = 30.0  # seconds
_WITHIN_REFRESH = 10.0  # a refresh must not hang on a repository that does not answer


def find_commit(repository: str, ref: str, within: float = _WITHIN) -> str:
    """Return the commit that the branch or tag `ref` of `repository` names; a full commit needs no request.

    Raises GitMissingError, RepositoryUnreachableError (also after `within` seconds) and NoSuchRefError.
    """
    if is_commit(ref):
        return ref
    # In the order in which git looks them up; what an annotated tag stands for has these endings.
    names = [f"{name}{end}" for name in _full_names(ref) for end in ("^{}", "")]
    try:
        asked = run_git(["ls-remote", "--quiet", "--", repository, *names], within)
    except TimedOutError as error:
        raise _unreachable(repository, ref, f"it did not answer within {within:.0f} s") from error
    if not asked.succeeded:
        raise _unreachable(repository, ref, _reason(asked))
    # A name also matches those that only end like it.
    found = {name: commit for commit, _, name in (line.partition("\t") for line in asked.output.splitlines())}
    for name in names:
        if name in found:
            return found[name]
    raise _no_such_ref(repository, ref)


def upstream_commit(repository: str, ref: str, held: str, before: str, say: Say) -> str:
    """Return the commit that `ref` names now if it differs from `held`, else an empty text.

    Prints a line about it. If the repository can't be asked, prints a line about that; `before`, the earlier answer, is
    returned. A full commit takes no request.
    """
    if is_commit(ref):
        return ""
    shown = without_credentials(repository)
    try:
        now = find_commit(repository, ref, _WITHIN_REFRESH)
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


def _full_names(ref: str) -> tuple[str, ...]:
    return ref, f"refs/{ref}", f"refs/tags/{ref}", f"refs/heads/{ref}"


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
