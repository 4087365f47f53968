"""Turns the exceptions of the Hub's library into errors that a person can act on."""

import difflib
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import HfApi, constants, get_token
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from components.model.errors import AccessDeniedError, HubUnreachableError, ModelError, NotOnHubError
from components.model.hub_session import hub_headers, hub_session
from components.model.rate_limit import is_rate_limit, pause_asked, way_out
from components.model.wanted import WantedFile

_TEMPORARY_STATUSES = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
_SUGGESTIONS_WITHIN = 5.0  # seconds: they only help to explain what went wrong


def temporary(error: Exception) -> bool:
    """Tell whether the same request may succeed a little later."""
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code in _TEMPORARY_STATUSES
    return isinstance(error, (httpx2.TimeoutException, httpx2.NetworkError, httpx2.RemoteProtocolError))


def describe(error: HfHubHTTPError | httpx2.HTTPError) -> str:
    """Say in a few words what went wrong with a request."""
    if isinstance(error, HfHubHTTPError):
        seconds = pause_asked(error)
        asked = f" and asks to wait {seconds:.0f} s" if seconds else ""
        token = (
            "; with HF_TOKEN it may be asked more often" if is_rate_limit(error) and not get_token() else ""
        )
        return f"the Hub answered with HTTP {error.response.status_code}{asked}{token}"
    where = f" to {host}" if (host := storage_host(error)) else ""
    return f"the connection{where} failed ({_told(error)})"


def storage_host(error: Exception) -> str:
    """Return the host that the Hub redirected the request to, if that host could not be reached; else an empty text."""
    if not isinstance(error, httpx2.RequestError):
        return ""
    try:
        host = error.request.url.host
    except RuntimeError:  # httpx2 knows of no request
        return ""
    return host if host != urlsplit(constants.ENDPOINT).hostname else ""


def advice(error: Exception | None) -> str:
    """Return what to do when a download has stopped; `error` is what stopped it, None for an early end."""
    if error and is_rate_limit(error):
        return way_out(error)
    if error and (host := storage_host(error)):
        return _let_through(host)
    return "Run `pulumi up` again to go on from there; check network and proxy if it stops again."


def explain(error: HfHubHTTPError | httpx2.HTTPError, wanted: WantedFile) -> ModelError:
    """Return the error to raise instead: what happened, why, and what to do next."""
    if is_rate_limit(error):
        return HubUnreachableError(
            f"{constants.ENDPOINT} takes no more requests from here for now (HTTP 429), so {wanted.file} of "
            f"{wanted.repository} could not be had; {_token_state()}.\n{way_out(error)}"
        )
    if isinstance(error, HfHubHTTPError):
        return _explain_answer(error, wanted)
    by_hand = f"put the file at {wanted.path}, set modelSha256, and set HF_HUB_OFFLINE=1."
    if host := storage_host(error):
        return HubUnreachableError(
            f"{constants.ENDPOINT} sends {wanted.file} of {wanted.repository} from another host, {host}, which could "
            f"not be reached: {_told(error)}.\n{_let_through(host)} Where neither is possible, {by_hand}"
        )
    return HubUnreachableError(
        f"{constants.ENDPOINT} could not be reached for {wanted.file} of {wanted.repository}: {_told(error)}.\n"
        f"Check the network, HTTPS_PROXY and HF_ENDPOINT. Where there is no network, {by_hand}"
    )


def _told(error: Exception) -> str:
    return str(error) or type(error).__name__


def _let_through(host: str) -> str:
    return (
        f"Have firewall and proxy (HTTPS_PROXY) let {host} through as well, or set HF_ENDPOINT to a mirror that sends "
        "the files itself."
    )


def _explain_answer(error: HfHubHTTPError, wanted: WantedFile) -> ModelError:
    status = error.response.status_code
    if isinstance(error, GatedRepoError):
        return _explain_gate(wanted)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return _explain_refusal(wanted, status)
    if isinstance(error, RevisionNotFoundError):
        return NotOnHubError(
            f'{wanted.repository} has no revision "{wanted.revision}".{_known_revisions(wanted)}\n'
            "Set modelRevision to a commit (40 digits), tag or branch of it."
        )
    if isinstance(error, RemoteEntryNotFoundError):
        return NotOnHubError(
            f"{wanted.repository} has no file {wanted.file} at {wanted.revision}.{_known_files(wanted)}\n"
            "Set modelFile or quant to one that is there."
        )
    if isinstance(error, RepositoryNotFoundError):
        return NotOnHubError(
            f"{constants.ENDPOINT} has no repository {wanted.repository}, or it is private and "
            f"{_token_state()}.\nCheck modelRepository; for a private one set HF_TOKEN or run `hf auth login`."
        )
    return HubUnreachableError(
        f"{constants.ENDPOINT} answered the request for {wanted.file} of {wanted.repository} with HTTP {status}"
        f"{_odd_answer(status)}.\nCheck HF_ENDPOINT and proxy settings, or try again later."
    )


def _odd_answer(status: int) -> str:
    missing = status == HTTPStatus.NOT_FOUND
    return " and no reason, as a Hugging Face Hub would give: it may be something else" if missing else ""


def _explain_gate(wanted: WantedFile) -> ModelError:
    return AccessDeniedError(
        f"{wanted.repository} is gated: its owners ask everybody to accept their terms first; {_token_state()}.\n"
        f"Accept them, signed in, at {constants.ENDPOINT}/{wanted.repository}, then set HF_TOKEN to a token of that "
        "account (or run `hf auth login`) and run `pulumi up` again."
    )


def _explain_refusal(wanted: WantedFile, status: int) -> ModelError:
    # The Hub answers 401 also where there is no such repository, so as not to tell who has which.
    return AccessDeniedError(
        f"{constants.ENDPOINT} refused access to {wanted.repository} (HTTP {status}); {_token_state()}. "
        "The repository is private, does not exist, or the token is wrong or expired.\n"
        "Check modelRepository, then set HF_TOKEN to a token that may read it, or run `hf auth login`."
    )


def _token_state() -> str:
    return "a token was sent" if get_token() else "no token was sent"


def _known_files(wanted: WantedFile) -> str:
    try:
        info = HfApi().model_info(wanted.repository, revision=wanted.revision, timeout=_SUGGESTIONS_WITHIN)
    except (HfHubHTTPError, httpx2.HTTPError):
        return ""
    models = [one.rfilename for one in info.siblings or [] if one.rfilename.endswith(".gguf")]
    if not models:
        return (
            " It has no GGUF file at all: the GGUF files of a model are often in a repository of their own."
        )
    near = difflib.get_close_matches(wanted.file, models, n=3, cutoff=0.6)
    return f" {'Near that name' if near else 'There'}: {', '.join(near or sorted(models)[:10])}."


def _known_revisions(wanted: WantedFile) -> str:
    try:
        answer = hub_session().get(
            f"{constants.ENDPOINT}/api/models/{wanted.repository}/refs",
            headers=hub_headers(),
            timeout=_SUGGESTIONS_WITHIN,
        )
        answer.raise_for_status()
        names = [one["name"] for kind in ("branches", "tags") for one in answer.json()[kind]]
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):
        return ""
    return f" It has {', '.join(names[:10])}." if names else ""
