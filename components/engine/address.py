"""Which Docker engine the programs ask: the one that Pulumi's Docker provider asks, and no other.

The provider takes DOCKER_HOST or the usual sockets, and knows nothing of the context that the `docker` command is in
(`docker context use`). So the command is told where to go, in its environment. What the stack sets, `docker:host` and
the provider's TLS settings, comes in DOCKER_HOST, DOCKER_CERT_PATH and ENGINE_TLS_*.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SYSTEM_SOCKET = "/var/run/docker.sock"
USER_SOCKET = ".docker/run/docker.sock"
"""Below the home directory, where Docker Desktop listens too: the provider looks there next."""

MATERIAL = {"ENGINE_TLS_CA": "ca.pem", "ENGINE_TLS_CERT": "cert.pem", "ENGINE_TLS_KEY": "key.pem"}
"""Certificates and key as text, by the variables that they come in, and the files that the `docker` command reads."""


@contextmanager
def docker_environment(variables: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the environment in which the `docker` command asks the provider's engine.

    It is made of `variables`, a whole environment. Certificates that came as text are in a private folder until the
    block ends.
    """
    given = dict(variables)
    given["DOCKER_HOST"] = given.get("DOCKER_HOST") or usual_address(given)
    # It would count only where DOCKER_HOST is empty; it is removed so that nobody has to know that.
    given.pop("DOCKER_CONTEXT", None)
    material = {file: given.pop(name, "") for name, file in MATERIAL.items()}
    with tempfile.TemporaryDirectory(prefix="engine-tls-") as folder:
        if any(material.values()):
            for file, text in material.items():
                Path(folder, file).write_text(text)
            given["DOCKER_CERT_PATH"] = folder
        if given.get("DOCKER_CERT_PATH") and _speaks_tls(given["DOCKER_HOST"]):
            # The provider's certificates alone mean TLS; the command wants to be told.
            given["DOCKER_TLS_VERIFY"] = "1"
        yield given


def usual_address(variables: Mapping[str, str]) -> str:
    """Return the address of the usual socket that somebody listens on, the system's where nobody does."""
    for path in (SYSTEM_SOCKET, str(Path(variables.get("HOME", "/"), USER_SOCKET))):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(path)
            except PermissionError:
                pass  # somebody listens: the command says what is not allowed
            except OSError:
                continue
        return f"unix://{path}"
    return f"unix://{SYSTEM_SOCKET}"


def _speaks_tls(address: str) -> bool:
    return address.startswith("tcp://") or "://" not in address
