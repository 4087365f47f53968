"""What the Hugging Face Hub says of a file.

Address, token, proxy and time limits are the library's own: HF_ENDPOINT, HF_TOKEN or `hf auth login`, HTTPS_PROXY,
HF_HUB_ETAG_TIMEOUT, HF_HUB_DOWNLOAD_TIMEOUT, HF_HUB_OFFLINE, all read when the library is imported.
"""

import re
from dataclasses import dataclass

import httpx2
from huggingface_hub import HfApi, constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from components.commit import is_commit
from components.model.errors import HubUnreachableError, NotOnHubError, WrongContentError
from components.model.hub_errors import describe, explain, temporary
from components.model.progress import Retries
from components.model.rate_limit import is_bearable, pause_asked
from components.model.wanted import WantedFile

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class HubFile:
    """A file on the Hub: the address of its bytes in the commit that was resolved, and what they must be."""

    url: str
    commit: str
    size: int
    sha256: str


def look_up(wanted: WantedFile, retries: Retries) -> HubFile:
    """Ask the Hub for the file's commit, size and SHA-256, without its bytes.

    Raises AccessDeniedError, NotOnHubError, HubUnreachableError, and WrongContentError when `wanted.sha256`
    contradicts what the Hub states.
    """
    while True:
        try:
            return _look_up(wanted, constants.HF_HUB_ETAG_TIMEOUT)
        except (HfHubHTTPError, httpx2.HTTPError) as error:
            # When nothing answers at all, a wrong address or no network is more likely than a passing problem.
            refused = isinstance(error, httpx2.ConnectError)
            hopeless = refused or not temporary(error) or not is_bearable(error)
            problem = f"{wanted.file}: {describe(error)}"
            if hopeless or not retries.again(problem, pause_asked(error)):
                raise explain(error, wanted) from error


def look_up_once(wanted: WantedFile, within: float) -> HubFile:
    """Ask as `look_up` does, but once, with `within` seconds for each step."""
    try:
        return _look_up(wanted, within)
    except (HfHubHTTPError, httpx2.HTTPError) as error:
        raise explain(error, wanted) from error


def _look_up(wanted: WantedFile, within: float) -> HubFile:
    try:
        url = hf_hub_url(wanted.repository, wanted.file, revision=wanted.revision)
    except HFValidationError as error:
        raise NotOnHubError(
            f"{wanted.repository} can't be a repository of the Hub: {error}\n"
            "Set modelRepository to OWNER/NAME as the Hub writes it."
        ) from error
    metadata = get_hf_file_metadata(url, timeout=within)
    commit, size = metadata.commit_hash, metadata.size
    digest = metadata.etag if _SHA256.fullmatch(metadata.etag or "") else None
    if commit is None and is_commit(wanted.revision) and (digest or wanted.sha256):
        # Some mirrors drop X-Repo-Commit. A full commit resolves to itself, and the content is verified anyway.
        commit = wanted.revision
    if commit is None:
        raise HubUnreachableError(
            f"What answers at {constants.ENDPOINT} does not seem to be a Hugging Face Hub: for {wanted.file} of "
            f"{wanted.repository} it names no commit.\nCheck HF_ENDPOINT, proxy and firewall. If it is a mirror that "
            "leaves that out, set modelRevision to a commit in full (40 digits) and modelSha256."
        )
    if size is None or not (digest or wanted.sha256):
        # Not every mirror repeats the headers about large files; the list of files has the same facts.
        digest, size = _listed(wanted, commit, within)
    sha256 = _agreed(wanted, digest)
    # The bytes are asked for by commit, so that a branch that moves meanwhile can't mix two files.
    return HubFile(
        url=hf_hub_url(wanted.repository, wanted.file, revision=commit),
        commit=commit,
        size=size,
        sha256=sha256,
    )


def _listed(wanted: WantedFile, commit: str, within: float) -> tuple[str | None, int]:
    info = HfApi().model_info(wanted.repository, revision=commit, files_metadata=True, timeout=within)
    for file in info.siblings or []:
        if file.rfilename == wanted.file and file.size is not None:
            return (file.lfs.sha256 if file.lfs else None), file.size
    raise HubUnreachableError(
        f"{constants.ENDPOINT} does not say how large {wanted.file} of {wanted.repository} is.\n"
        "Check that HF_ENDPOINT is a Hugging Face Hub."
    )


def _agreed(wanted: WantedFile, stated: str | None) -> str:
    if stated and wanted.sha256 and stated != wanted.sha256:
        raise WrongContentError(
            f"{wanted.file} of {wanted.repository} at {wanted.revision} has SHA-256 {stated} on the Hub, but "
            f"modelSha256 is {wanted.sha256}; nothing was downloaded.\n"
            "Correct modelSha256 (it belongs to one quantisation of one revision), or set modelRevision to the commit "
            "that it is of."
        )
    sha256 = stated or wanted.sha256
    if not sha256:
        raise WrongContentError(
            f"The Hub states no SHA-256 for {wanted.file} of {wanted.repository}, so its content can't be verified.\n"
            "Set modelSha256."
        )
    return sha256
