"""Reads the gateway's settings from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.rules import Model

KEPT_SECONDS = 3
"""An idle connection is kept for less time than by llama-server (5 s), so that it is not closed while it is used."""


@dataclass(frozen=True)
class Settings:
    """What can be set; `keys` are those that clients may send, and the first is sent to the servers.

    `at_once` is how many requests a server is asked at a time, `waiting` how many more each lane lets in. An empty
    `address` is every one of IPv4 and IPv6. `initial` is a file that says which servers to ask where `state`, a folder,
    has none that is newer. For `drain_seconds` after it was told to end, the gateway takes new connections. Connections
    to servers are kept idle for `kept_seconds`; with 0 each request has one of its own, which spreads them over the
    servers behind an address.
    """

    model: Model
    keys: list[str]
    origins: list[str]
    address: str
    port: int
    server_port: int
    at_once: int
    waiting: int
    state: Path
    initial: Path | None
    drain_seconds: float
    kept_seconds: float
    socket: Path


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings. Raises ValueError, KeyError or OSError for what is missing or can't be read."""

    def get(name: str, default: str | None = None) -> str:
        value = environment.get(f"GATEWAY_{name}", default)
        if value is None:
            raise KeyError(f"GATEWAY_{name} must be set")
        return value

    return Settings(
        model=Model(
            names=_listed(get("MODEL")),
            prefixes={"query": get("QUERY_PREFIX", ""), "document": get("DOCUMENT_PREFIX", "")},
            width=int(get("WIDTH")),
            trained_dims=[int(dims) for dims in _listed(get("TRAINED_DIMS", get("WIDTH")))],
        ),
        # A key of several words is one, here as in the servers, which have a key in each line.
        keys=_lines(Path(key_file)) if (key_file := get("KEY_FILE", "")) else [],
        origins=_listed(get("CORS_ORIGINS", "")),
        address=get("ADDRESS", "0.0.0.0"),  # noqa: S104 (inside the container; the published address is a setting)
        port=int(get("PORT", "8080")),
        server_port=int(get("SERVER_PORT", "8080")),
        at_once=int(get("AT_ONCE", "16")),
        waiting=int(get("WAITING", "256")),
        state=Path(get("STATE", "/var/lib/gateway")),
        initial=Path(initial) if (initial := get("INITIAL", "")) else None,
        drain_seconds=float(get("DRAIN_SECONDS", "0")),
        kept_seconds=float(get("KEPT_SECONDS", str(KEPT_SECONDS))),
        socket=Path(get("SOCKET", "/tmp/gateway.sock")),  # noqa: S108 (of the container alone)
    )


def _lines(file: Path) -> list[str]:
    return [line.strip() for line in file.read_text().splitlines() if line.strip()]


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]
