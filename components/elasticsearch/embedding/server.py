"""One request for embeddings to the gateway: OpenAI's /v1/embeddings, below the path of a role."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any, Literal, TypeVar

from components.elasticsearch.client.responses import BUSY
from components.elasticsearch.errors import (
    EmbeddingError,
    EmbeddingRefusedError,
    EmbeddingUnavailableError,
)
from components.kubernetes.address import ServiceAddress
from components.kubernetes.forward import forwarded

ANSWER_SHOWN = 300
PATH = "/v1/embeddings"

Role = Literal["query", "document"]
Answer = TypeVar("Answer")

_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Past any proxy of the environment: it could not reach this server, and has no business with the key and the texts."""


def send(url: str, api_key: str, body: Mapping[str, Any] | None = None, *, timeout: float) -> HTTPResponse:
    """Send a request to the gateway, a POST where it has a body, and return the response, to be closed.

    Raises urllib's HTTPError, and OSError and HTTPException where nothing answers within `timeout` seconds.
    """
    request = urllib.request.Request(forwarded(url))  # noqa: S310 (the address is a setting of the stack)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if api_key:
        request.add_header("Authorization", f"Bearer {api_key}")
    response: HTTPResponse = _DIRECTLY.open(request, timeout=timeout)
    return response


def role_url(url: str, role: Role) -> str:
    """Return the address at which the gateway adds a role's prefix; `url` is its address of /v1/embeddings."""
    return f"{url.removesuffix(PATH)}/{role}{PATH}"


def ask(url: str, api_key: str, body: Mapping[str, Any], *, what: str, timeout: float) -> list[list[float]]:
    """Return the embedding of each text of `input` in the body, in their order, as the address `url` makes it.

    `what` says in messages what is embedded, `timeout` is in seconds. Raises EmbeddingUnavailableError where asking
    again may help, EmbeddingRefusedError where it does not, and EmbeddingError for an answer that is none.
    """
    return _read(
        url,
        api_key,
        body,
        lambda answer: _vectors(answer, len(body["input"])),
        gave=f"no embedding of {what}",
        timeout=timeout,
    )


def count_tokens(url: str, api_key: str, text: str, *, timeout: float) -> int:
    """Return how many tokens of its model a text has, without those that the model puts around it.

    `url` is the gateway's address of /v1/embeddings. Raises as `ask` does.
    """
    return _read(
        f"{url.removesuffix(PATH)}/tokenize",
        api_key,
        {"content": text, "add_special": False},
        lambda answer: len(answer["tokens"]),
        gave="no tokens of a text",
        timeout=timeout,
    )


def _read(
    url: str,
    api_key: str,
    body: Mapping[str, Any],
    read: Callable[[Any], Answer],
    *,
    gave: str,
    timeout: float,
) -> Answer:
    try:
        with send(url, api_key, body, timeout=timeout) as response:
            return read(json.load(response))
    except urllib.error.HTTPError as error:
        told = error.read().decode(errors="replace")[:ANSWER_SHOWN]
        message = (
            f"{url} gave {gave} (HTTP {error.code}: {told}). "
            f"Check serverApiKey and the server's log ({_look(url, 'logs')})."
        )
        if error.code in BUSY:
            raise EmbeddingUnavailableError(message) from error
        raise EmbeddingRefusedError(message, error.code) from error
    except (OSError, HTTPException) as error:
        raise EmbeddingUnavailableError(
            f"{url} cannot be reached ({error}). Does the server run ({_look(url, 'ps')})? `pulumi up` starts it."
        ) from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise EmbeddingError(f"{url} did not answer as an embedding server does.") from error


def _look(url: str, what: Literal["ps", "logs"]) -> str:
    """Return the command that shows what runs behind an address, or what that says."""
    service = ServiceAddress.from_url(url)
    if service is None:
        return f"docker {what}"
    return f"{service.kubectl} {'get pods' if what == 'ps' else f'logs service/{service.service}'}"


def _vectors(answer: Mapping[str, Any], count: int) -> list[list[float]]:
    """Return the vectors by their `index`, in which order servers are free to answer; raises ValueError."""
    found = {int(one["index"]): [float(number) for number in one["embedding"]] for one in answer["data"]}
    if sorted(found) != list(range(count)):
        raise ValueError(f"{len(found)} embeddings for {count} texts")
    return [found[position] for position in range(count)]
