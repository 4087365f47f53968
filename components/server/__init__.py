"""llama-server in a container, proved by an embedding."""

from components.server.component import LlamaServer, LlamaServerArgs

__all__ = ["LlamaServer", "LlamaServerArgs"]
