"""The gateway and its lanes, as its /health and /metrics tell."""

import json
import re
import urllib.error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from components.elasticsearch.embedding.server import send
from components.kubernetes.errors import KubectlError
from jinactl.status.state import GatewayState, LaneState, Unread

SECONDS = 6.0
"""The gateway itself waits up to 5 seconds for the health of a server."""

REQUESTS, REFUSED = "gateway_requests_in_flight", "gateway_refused_total"
TEXTS, WAITING = "llamacpp:requests_processing", "llamacpp:requests_deferred"

_SAMPLE = re.compile(r"([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Sample:
    """One figure of the metrics."""

    name: str
    labels: Mapping[str, str]
    value: float


def read_gateway(url: str, api_key: str) -> GatewayState | Unread:
    """Return what the gateway at its root address `url` tells."""
    try:
        health = json.loads(_get(f"{url}/health", api_key))
        lanes: Mapping[str, Any] = health["lanes"]
    except (OSError, HTTPException, KubectlError) as error:
        said = str(getattr(error, "reason", error)).partition("\n")[0]
        return Unread(f"{url} does not answer ({said})")
    except (ValueError, TypeError, KeyError):
        return Unread(f"{url} does not answer as the stack's gateway does")
    samples = _metrics(url, api_key)
    return GatewayState(
        url=url,
        lanes=tuple(_lane(name, said == "ok", samples) for name, said in lanes.items()),
        refused={one.labels.get("code", ""): int(one.value) for one in samples if one.name == REFUSED},
    )


def read_samples(text: str) -> Iterator[Sample]:
    """Yield the figures of metrics in Prometheus' text format; lines that are none are left out."""
    for line in text.splitlines():
        found = _SAMPLE.fullmatch(line.strip())
        if found is None:
            continue
        try:
            yield Sample(found[1], dict(_LABEL.findall(found[2] or "")), float(found[3]))
        except ValueError:
            continue


def _metrics(url: str, api_key: str) -> list[Sample]:
    try:
        return list(read_samples(_get(f"{url}/metrics", api_key)))
    except (OSError, HTTPException, KubectlError):
        return []


def _lane(name: str, well: bool, samples: list[Sample]) -> LaneState:
    def figure(metric: str) -> int | None:
        # A server that answers both lanes has both names in its label.
        values = [
            one.value
            for one in samples
            if one.name == metric and name in one.labels.get("lane", "").split(",")
        ]
        return int(sum(values)) if values else None

    return LaneState(
        name=name, well=well, requests=figure(REQUESTS), texts=figure(TEXTS), waiting=figure(WAITING)
    )


def _get(url: str, api_key: str) -> str:
    """Return the body at an address, also of the 503 with which the gateway names a lane that is down."""
    try:
        with send(url, api_key, timeout=SECONDS) as answer:
            return str(answer.read().decode(errors="replace"))
    except urllib.error.HTTPError as error:
        if error.code == 503:
            return error.read().decode(errors="replace")
        raise
