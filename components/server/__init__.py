"""llama-server in a container, proved by an embedding, behind a proxy that keeps its address."""

from components.server.component import LlamaServer, LlamaServerArgs
from components.server.proxy import ServerProxy, ServerProxyArgs

__all__ = ["LlamaServer", "LlamaServerArgs", "ServerProxy", "ServerProxyArgs"]
