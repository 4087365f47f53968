"""What the proxy costs: the same server asked through it and without it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.server.servers import Running, first_embedding
from tests.contract.server.proxying import proxying
from tests.contract.server.running import running


@contextmanager
def with_and_without(server_image: str, proxy_image: str, model: Path) -> Iterator[dict[str, Running]]:
    """Start one server, and the stack's proxy in front of it; both addresses lead to the same process."""
    with proxying(proxy_image) as proxy, running(server_image, model) as server:
        proxy.network.connect(server.container)
        try:
            direct = first_embedding(server.url, 0)
            proxy.use(server)
            yield {"without the proxy": direct, "through the proxy": first_embedding(proxy.url, 0)}
        finally:
            proxy.network.disconnect(server.container, force=True)
