"""Addresses of Services in a cluster, as whoever is outside of it names them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

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
        context, _, namespace = parts.netloc.rpartition("@")
        service, _, port = parts.path.removeprefix("/").partition("/")[0].partition(":")
        return cls(namespace=namespace, service=service, port=int(port), context=unquote(context))

    @property
    def url(self) -> str:
        """The address, as kubectl://NAMESPACE/SERVICE:PORT, with CONTEXT@ before the namespace where there is one."""
        context = f"{quote(self.context, safe='')}@" if self.context else ""
        return f"{SCHEME}://{context}{self.namespace}/{self.service}:{self.port}"

    @property
    def kubectl(self) -> str:
        """The beginning of a command line that asks about the Service's namespace, for messages."""
        context = f" --context {shlex.quote(self.context)}" if self.context else ""
        return f"kubectl{context} --namespace {self.namespace}"


def is_service(url: str) -> bool:
    """Tell whether an address is one of our scheme, which only kubectl leads to."""
    return ServiceAddress.from_url(url) is not None
