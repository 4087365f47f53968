"""What Prometheus reads: the gateway's own figures, and those of the servers with the lane as a label."""

import asyncio
from collections.abc import Iterable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from gateway.lanes import Lanes
from gateway.server import Server

SECONDS = 2.0
"""How long a server gets to tell its metrics."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics(Collector):
    """The gateway's own figures, `role` being query, document or none; and what the servers told last."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._of_servers: dict[str, Metric] = {}
        self._registry = registry = CollectorRegistry()
        registry.register(self)
        self.seconds = Histogram(
            "gateway_request_seconds",
            "Time of requests for embeddings",
            ["role", "status"],
            registry=registry,
            buckets=BUCKETS,
        )
        self.texts = Counter("gateway_texts", "Texts that were embedded", ["role"], registry=registry)
        self.tokens = Counter("gateway_tokens", "Tokens, prefixes included", ["role"], registry=registry)
        self.refused = Counter("gateway_refused", "Refusals by the error's code", ["code"], registry=registry)
        self.switches = Counter("gateway_switches", "Switches to another server", ["lane"], registry=registry)
        in_flight = Gauge(
            "gateway_requests_in_flight", "Requests that a lane works on", ["lane"], registry=registry
        )
        for name, lane in lanes.by_name.items():
            self.switches.labels(name)
            in_flight.labels(name).set_function(partial(getattr, lane, "requests"))

    async def text(self) -> bytes:
        """Return all figures; those of a server that doesn't answer in time are left out."""
        servers: dict[str, Server] = {}
        lanes: dict[str, list[str]] = {}
        for lane in self._lanes.by_name.values():
            if lane.server:
                servers[lane.server.address] = lane.server
                lanes.setdefault(lane.server.address, []).append(lane.name)
        texts = await asyncio.gather(*(server.read("/metrics", SECONDS) for server in servers.values()))
        self._of_servers = {}
        for address, text in zip(servers, texts, strict=True):
            self._add(text, ",".join(lanes[address]))
        return generate_latest(self._registry)

    def _add(self, text: str, lane: str) -> None:
        for family in text_string_to_metric_families(text):
            new = Metric(family.name, family.documentation, family.type)
            kept = self._of_servers.setdefault(family.name, new)
            for sample in family.samples:
                kept.add_sample(sample.name, {**sample.labels, "lane": lane}, sample.value)

    def collect(self) -> Iterable[Metric]:
        """Return the servers' figures, as Prometheus' client asks for them."""
        return self._of_servers.values()
