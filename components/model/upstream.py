"""Finds out whether a branch or tag has another file now than the one that a stack holds, and takes nothing."""

from dataclasses import replace

from huggingface_hub import constants

from components.model.errors import ModelError
from components.model.hub import look_up_once
from components.model.progress import Say
from components.model.resolution import how_to_take
from components.model.wanted import Held, WantedFile

_WITHIN = 3.0  # seconds: a refresh must not hang on a Hub that does not answer


def upstream_commit(wanted: WantedFile, held: Held, before: str, say: Say) -> str:
    """Return the commit that the revision is now, where its file has other content than is held; else an empty text.

    Says so in one line. Where the Hub can't be asked, one line says that, and what was known `before` is returned.
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
