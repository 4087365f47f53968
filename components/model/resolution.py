"""Chooses the commit to download: a branch is resolved once, then stays pinned to that commit."""

from dataclasses import replace

from huggingface_hub import constants

from components.commit import is_commit
from components.model.errors import ModelError, NotOnHubError, WrongContentError
from components.model.hub import HubFile, look_up, look_up_once
from components.model.progress import Retries
from components.model.wanted import Content, WantedFile
from components.say import Say

_WITHIN = 3.0  # seconds: a refresh must not hang on a Hub that does not answer


def file_to_fetch(wanted: WantedFile, held: Content | None, retries: Retries) -> HubFile:
    """Return the file to fetch: from the held commit, or if none is held, from the commit that the revision names now.

    Raises what `look_up` does, and WrongContentError or NotOnHubError if the Hub no longer has the held content.
    """
    if held is None:
        remote = look_up(wanted, retries)
        if wanted.moves:
            retries.say(
                f"{wanted.file}: {wanted.revision} of {wanted.repository} is commit {remote.commit} now"
            )
        return remote
    if not is_commit(held.commit):
        return _same_content(wanted, held, look_up(wanted, retries))
    try:
        return _same_content(wanted, held, look_up(replace(wanted, revision=held.commit), retries))
    except NotOnHubError:
        if not wanted.moves:
            raise
        return _without_the_commit(wanted, held, retries)


def _without_the_commit(wanted: WantedFile, held: Content, retries: Retries) -> HubFile:
    now = look_up(replace(wanted, sha256=""), retries)
    gone = (
        f"commit {held.commit}, which {wanted.revision} of {wanted.repository} was, is no longer on the Hub"
    )
    if now.sha256 == held.sha256:  # histories are rewritten without a change of the files
        retries.say(f"{wanted.file}: {gone}; commit {now.commit} has the same content")
        return now
    raise NotOnHubError(
        f"{wanted.file} can't be fetched again: {gone}. {wanted.revision} is commit {now.commit} now, with other "
        f"content, which is not taken by itself.\nTo take it: {how_to_take(now, wanted.sha256)}. Or put the old file "
        f"(SHA-256 {held.sha256}) at {wanted.path}."
    )


def _same_content(wanted: WantedFile, held: Content, remote: HubFile) -> HubFile:
    if remote.sha256 != held.sha256:
        raise WrongContentError(
            f"{wanted.file} of {wanted.repository} has SHA-256 {remote.sha256} at commit {remote.commit}, but what "
            f"this stack has is {held.sha256}; nothing was downloaded.\n"
            f"To take the other: {how_to_take(remote, wanted.sha256)}. If you expect no other, check HF_ENDPOINT."
        )
    return remote


def how_to_take(remote: HubFile, expected_sha256: str) -> str:
    """Return the commands with which a person accepts other content; they include modelSha256 if that is set."""
    digest = f" && pulumi config set modelSha256 {remote.sha256}" if expected_sha256 else ""
    return f"`pulumi config set modelRevision {remote.commit}{digest}`, then `pulumi up`"


def upstream_commit(wanted: WantedFile, held: Content, before: str, say: Say) -> str:
    """Return the commit that the revision is now if its file differs from the one that is held, else an empty text.

    Prints a line about it. If the Hub can't be asked, prints a line about that and returns `before`, the earlier
    answer.
    """
    if constants.is_offline_mode():
        return _unasked(wanted, "HF_HUB_OFFLINE is set", before, say)
    try:
        now = look_up_once(replace(wanted, sha256=""), _WITHIN)
    except ModelError as error:
        return _unasked(wanted, str(error).partition("\n")[0].rstrip("."), before, say)
    if now.sha256 == held.sha256:
        return ""
    say(
        f"{wanted.file}: {wanted.revision} of {wanted.repository} is commit {now.commit} now, with another file than "
        f"that of {held.commit}, which stays in use. To take it: {how_to_take(now, wanted.sha256)}"
    )
    return now.commit


def _unasked(wanted: WantedFile, reason: str, before: str, say: Say) -> str:
    say(
        f"{wanted.file}: whether {wanted.revision} of {wanted.repository} has moved could not be found out: {reason}"
    )
    return before
