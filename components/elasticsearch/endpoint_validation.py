"""Explains why the node got no embedding when it validated an inference endpoint."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from components.elasticsearch.errors import RefusedError, ValidationError

LOOPBACK = (
    "In the node's container, localhost is the container itself. Give elasticsearchEmbeddingsUrl an address "
    "of the server that the node reaches."
)
HOST_GATEWAY = (
    "host.docker.internal is this machine's address on the Docker bridge: on Linux a server that is published on "
    "loopback cannot be reached there, and containers need `--add-host host.docker.internal:host-gateway`. "
    "Either publish the server on an address that the node reaches (serverAddress together with serverApiKey), or "
    "join the node to the stack's network (docker network connect) and set elasticsearchEmbeddingsUrl to "
    "http://llama-server:8080/v1/embeddings."
)
OTHER_HOST = (
    "Check that this address is right as seen from the node (elasticsearchEmbeddingsUrl), that the server runs "
    "(docker ps, docker logs), and that no firewall is between them."
)


@contextmanager
def explained(url: str, inference_id: str) -> Iterator[None]:
    """Turn the refusal of an endpoint whose validation call failed into a ValidationError.

    `url` is the address that the node was told to ask.
    """
    try:
        yield
    except RefusedError as error:
        told = (error.reason, *error.causes)
        if "validation call" in error.reason or "retrieved embeddings size" in error.reason:
            raise ValidationError(message(url, inference_id, told)) from error
        raise


def message(url: str, inference_id: str, told: tuple[str, ...]) -> str:
    """Return what the node tried, what it got, and what to change; `told` has its reasons, outermost first."""
    # The outermost reason says only that the validation failed.
    came_back = ": ".join(dict.fromkeys(told[1:] or told))
    return (
        f"The Elasticsearch node could not get the embedding that inference endpoint {inference_id} needs. "
        f"It asked {url}, and this came back: {came_back.strip().rstrip('.')}. {_advice(url, ' '.join(told))}"
    )


def _advice(url: str, told: str) -> str:
    lowered = told.lower()
    if "authentication error" in lowered or "status [401]" in lowered:
        return "The server asks for another API key: serverApiKey must be the key that this server was started with."
    if "retrieved embeddings size" in lowered or "'dimensions' must be" in lowered:
        return (
            "modelDimensions must be the number of values that the model returns: correct it, or modelFile."
        )
    if "status [404]" in lowered or "not found status code" in lowered:
        return "Another program, or another path, answers there: elasticsearchEmbeddingsUrl must end in /v1/embeddings."
    if "server error status" in lowered or "status [5" in lowered or "status [429]" in lowered:
        return "The server reached its limits or is still loading: its log says why (docker logs)."
    host = urlsplit(url).hostname or ""
    if host == "host.docker.internal":
        return HOST_GATEWAY
    return LOOPBACK if host in ("localhost", "::1") or host.startswith("127.") else OTHER_HOST
