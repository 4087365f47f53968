"""What Prometheus reads: the gateway's own figures, and those of the servers with the lane as a label."""

import asyncio
from collections.abc import Iterable, Mapping
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


class Metrics:
    """The gateway's own figures; `role` is query, document or none."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        own = self._registry = CollectorRegistry()
        self.seconds = Histogram(
            "gateway_request_seconds",
            "Time of requests for embeddings",
            ["role", "status"],
            registry=own,
            buckets=BUCKETS,
        )
        self.texts = Counter("gateway_texts", "Texts that were embedded", ["role"], registry=own)
        self.tokens = Counter(
            "gateway_tokens", "Tokens that were embedded, prefixes included", ["role"], registry=own
        )
        self.refused = Counter(
            "gateway_refused", "Requests that were refused, by the error's code", ["code"], registry=own
        )
        self.switches = Counter("gateway_switches", "Switches to another server", ["lane"], registry=own)
        in_flight = Gauge(
            "gateway_requests_in_flight", "Requests that a lane works on", ["lane"], registry=own
        )
        for name, lane in lanes.lanes.items():
            self.switches.labels(name)
            in_flight.labels(name).set_function(partial(getattr, lane, "requests"))

    async def text(self) -> bytes:
        """Return all figures; those of a server that doesn't answer in time are left out."""
        servers: dict[str, Server] = {}
        lanes: dict[str, list[str]] = {}
        for lane in self._lanes.lanes.values():
            if lane.server:
                servers[lane.server.address] = lane.server
                lanes.setdefault(lane.server.address, []).append(lane.name)
        texts = await asyncio.gather(*(server.read("/metrics", SECONDS) for server in servers.values()))
        named = (",".join(lanes[address]) for address in servers)
        return generate_latest(self._registry) + with_lanes(dict(zip(named, texts, strict=True)))


def with_lanes(texts: Mapping[str, str]) -> bytes:
    """Return the servers' figures, by lane, as one text in which each figure bears its lane."""
    families: dict[str, Metric] = {}
    for lane, text in texts.items():
        for family in text_string_to_metric_families(text):
            kept = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                kept.add_sample(sample.name, {**sample.labels, "lane": lane}, sample.value)
    registry = CollectorRegistry()
    registry.register(_Collected(families.values()))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
