"""The HTTP session of the Hub's library, with proxy and certificates as it was told, and its headers."""

import httpx2
from huggingface_hub import get_session

# Documented under this name, and loaded lazily, which the type checker does not see.
from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]


def hub_session() -> httpx2.Client:
    """Return the session that the library itself uses."""
    return get_session()


def hub_headers() -> dict[str, str]:
    """Return the headers of a request to the Hub: user agent, and the token where there is one."""
    headers: dict[str, str] = build_hf_headers()
    return headers
