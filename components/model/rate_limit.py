"""A Hub that refuses requests for a while: how long it does, and what a person can do about it."""

from http import HTTPStatus

from huggingface_hub import constants, get_token
from huggingface_hub.errors import HfHubHTTPError

# Documented under this name, and loaded lazily, which the type checker does not see.
from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]

BEARABLE = 600.0
"""Seconds that a server may ask to wait: whoever asks for more is not waited for."""


def is_rate_limit(error: object) -> bool:
    """Tell whether the Hub refuses a request because there were too many."""
    return isinstance(error, HfHubHTTPError) and error.response.status_code == HTTPStatus.TOO_MANY_REQUESTS


def pause_asked(error: object) -> float | None:
    """Return how many seconds the server asks to wait, if it does.

    It says so in Retry-After (RFC 9110 10.2.3) or, as the Hub does, in RateLimit
    (draft-ietf-httpapi-ratelimit-headers-09).
    """
    if not isinstance(error, HfHubHTTPError):
        return None
    headers = error.response.headers
    stated = headers.get("Retry-After", "")
    if stated.isdigit():
        return float(stated)
    limit = parse_ratelimit_headers(headers)
    return float(limit.reset_in_seconds) if limit and limit.remaining == 0 else None


def is_bearable(error: object) -> bool:
    """Tell whether the pause that a server asks for is short enough to wait for."""
    return (pause_asked(error) or 0.0) <= BEARABLE


def way_out(error: object) -> str:
    """Return what to do about too many requests, in one sentence or two."""
    seconds = pause_asked(error)
    wait = f"Run `pulumi up` again in {seconds:.0f} s" if seconds else "Run `pulumi up` again later"
    if get_token():
        return f"{wait}; the limit is that of the account whose token was sent."
    return (
        f"{wait}, or set HF_TOKEN (or run `hf auth login`): {constants.ENDPOINT} lets an account ask more often than "
        "an address without a token, which others may share."
    )
