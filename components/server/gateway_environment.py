"""The environment of the gateway, on whichever platform."""

from components.server import container
from components.settings import ModelSettings, ServerSettings

WAITING = 256
"""Requests that each lane lets in beyond those that its server is asked at once; others are told to come again."""


def gateway_environment(model: ModelSettings, server: ServerSettings, *, replicas: int = 1) -> dict[str, str]:
    """Return the gateway's variables, of which none is secret, for lanes of up to so many servers each."""
    variables = {
        "MODEL": model.name,
        "QUERY_PREFIX": model.query_prefix,
        "DOCUMENT_PREFIX": model.document_prefix,
        "WIDTH": str(model.dimensions),
        "TRAINED_DIMS": ",".join(map(str, model.trained_dims)),
        "AT_ONCE": str(replicas * container.at_once(server)),
        "WAITING": str(WAITING),
        "CORS_ORIGINS": ",".join(server.cors_origins),
        "PORT": str(container.PORT),
        "SERVER_PORT": str(container.PORT),
    }
    return {f"GATEWAY_{name}": value for name, value in variables.items()}
