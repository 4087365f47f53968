"""Says which content a model file must have, for whoever fetches it elsewhere: nothing is downloaded here."""

from huggingface_hub import constants

from components.model.errors import OfflineError
from components.model.progress import Retries
from components.model.resolution import file_to_fetch
from components.model.wanted import Content, WantedFile
from components.say import Say


def pin(wanted: WantedFile, say: Say) -> Content:
    """Return the commit and SHA-256 of the file; a branch is resolved once, then `wanted.held` stays.

    With a full commit and a SHA-256 set nobody is asked: whoever fetches the file verifies it. Raises what
    `file_to_fetch` does, and OfflineError where the Hub would have to be asked and HF_HUB_OFFLINE is set.
    """
    held = wanted.held
    if held and wanted.sha256 in ("", held.sha256):
        return held
    if wanted.sha256 and not wanted.moves:
        return Content(commit=wanted.revision, sha256=wanted.sha256)
    if constants.is_offline_mode():
        raise OfflineError(
            f"HF_HUB_OFFLINE is set, and nothing says which content {wanted.file} of {wanted.repository} has at "
            f"{wanted.revision}.\nSet modelRevision to a commit in full (40 digits) and modelSha256 to the file's "
            "SHA-256, or unset HF_HUB_OFFLINE."
        )
    found = file_to_fetch(wanted, held, Retries(say))
    return Content(commit=found.commit, sha256=found.sha256)
