"""llama-server in containers, each proved by an embedding, behind a gateway that keeps their address."""

from components.server.component import LlamaServer, LlamaServerArgs
from components.server.gateway import Gateway, GatewayArgs

__all__ = ["Gateway", "GatewayArgs", "LlamaServer", "LlamaServerArgs"]
