"""Addresses of Services in a cluster, as whoever is outside of it names them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

SCHEME = "kubectl"
"""Scheme of the address of a Service that is reached by `kubectl port-forward`."""


@dataclass(frozen=True, kw_only=True)
class ServiceAddress:
    """A port of a Service; an empty `context` is the one that kubectl has."""

    namespace: str
    service: str
    port: int
    context: str = ""

    @classmethod
    def from_url(cls, url: str) -> ServiceAddress | None:
        """Return the Service that an address of our scheme names; None for any other address."""
        parts = urlsplit(url)
        if parts.scheme != SCHEME:
            return None
        service, _, port = parts.path.removeprefix("/").partition("/")[0].partition(":")
        context = "".join(parse_qs(parts.query).get("context", ()))
        return cls(namespace=parts.netloc, service=service, port=int(port), context=context)

    @property
    def url(self) -> str:
        """The address, as kubectl://NAMESPACE/SERVICE:PORT, with the context where there is one."""
        return self.at("")

    def at(self, path: str) -> str:
        """Return the address of a path, which begins with a slash, at the Service."""
        asked = f"?context={quote(self.context, safe='')}" if self.context else ""
        return f"{SCHEME}://{self.namespace}/{self.service}:{self.port}{path}{asked}"

    @property
    def kubectl(self) -> str:
        """The beginning of a command line that asks about the Service's namespace, for messages."""
        context = f" --context {shlex.quote(self.context)}" if self.context else ""
        return f"kubectl{context} --namespace {self.namespace}"
