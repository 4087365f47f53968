"""The gateway in front of servers for both lanes, as a stack declares them, one set of settings after another."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.server.servers import first_embedding
from components.server.container import PORT, at_once, environment
from components.settings.lanes import LaneSettings, lanes
from tests.contract.gateway.running import Gateway, gateway_of_image
from tests.contract.server.running import Server, running
from tests.unit.project import stack_settings


@dataclass(frozen=True)
class Variant:
    """Settings of a stack, and how they are called in the tables."""

    name: str
    settings: Mapping[str, object]

    def lanes(self) -> tuple[LaneSettings, ...]:
        """Return the lanes as these settings have them."""
        return lanes(stack_settings("cpu", **self.settings).server)


@dataclass(frozen=True)
class Running:
    """A gateway, the server for documents that all variants share, and the one for queries of each that has one."""

    gateway: Gateway
    documents: Server
    queries: Mapping[str, Server]

    def take(self, variant: Variant) -> None:
        """Have lanes and shares as a variant has them."""
        for lane in variant.lanes():
            server = self.queries[variant.name] if lane.name == "queries" else self.documents
            server.container.update(cpu_shares=lane.shares)
            for answered in lane.answers:
                self.gateway.use_address(answered, address(server), lane.context_size)


@contextmanager
def started(
    server_image: str, gateway_image: str, model: Path, variants: Sequence[Variant]
) -> Iterator[Running]:
    """Start all servers; those that are not asked only take memory."""
    settings = stack_settings("cpu", modelFile=model.name.replace("F16", "{quant}"))
    changed = {
        "WIDTH": str(settings.model.dimensions),
        "TRAINED_DIMS": str(settings.model.dimensions),
        "AT_ONCE": str(at_once(settings.server)),
        # The number of tokens is that of the text alone.
        "QUERY_PREFIX": "",
        "DOCUMENT_PREFIX": "",
    }
    with ExitStack() as stack:
        documents = stack.enter_context(running(server_image, model))
        queries = {}
        for one in variants:
            for lane in one.lanes()[1:]:
                own = environment("cpu", settings.model, settings.server, lane)
                queries[one.name] = stack.enter_context(running(server_image, model, own))
        for server in (documents, *queries.values()):
            first_embedding(server.url, 0)
        gateway = stack.enter_context(gateway_of_image(gateway_image, **changed))
        yield Running(gateway, documents, queries)


def address(server: Server) -> str:
    """Return where the server is reached from this machine, without the engine's forwarding of ports."""
    networks = server.container.attrs["NetworkSettings"]["Networks"]
    return f"{next(iter(networks.values()))['IPAddress']}:{PORT}"
