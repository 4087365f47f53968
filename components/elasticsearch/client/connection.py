"""How to reach an Elasticsearch cluster, and who to be there."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from components.elasticsearch.client.trust import trusting
from components.elasticsearch.errors import CredentialsError, TlsError

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


@dataclass(frozen=True, kw_only=True)
class Connection:
    """The address of a cluster, and either an API key (in its encoded form) or a user and password, or neither.

    `ca_certificate` is PEM text (or, in the states and outputs of 0.1.0, the path of a PEM file), `fingerprint` the
    SHA-256 of the cluster's certificate in hexadecimal, with or without colons; at most one of them is set, and only
    with an https address. `managed` says that the cluster is the stack's own node, which only messages depend on.
    """

    url: str
    api_key: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    ca_certificate: str = ""
    fingerprint: str = ""
    managed: bool = False

    @property
    def shown_url(self) -> str:
        """The address without any user and password in it, for messages."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def open(self) -> "Elasticsearch":
        """Return Elastic's client for this cluster; no request is made, and the client retries none itself.

        Raises TlsError when the CA certificate cannot be read or there is no TLS, CredentialsError when the API key
        cannot be one.
        """
        if not re.fullmatch(r"[!-~]*", self.api_key):
            raise CredentialsError(
                "The API key has spaces, line ends or letters in it that no key has: set its encoded form again with "
                "`pulumi config set --secret elasticsearchApiKey`."
            )
        # The client takes half a second to import: previews and no-op updates do without it.
        from elasticsearch import Elasticsearch  # noqa: PLC0415

        options: dict[str, Any] = {"request_timeout": 60, "max_retries": 0}
        if self.api_key:
            options["api_key"] = self.api_key
        elif self.user:
            options["basic_auth"] = (self.user, self.password)
        if (self.ca_certificate or self.fingerprint) and not self.url.startswith("https:"):
            raise TlsError(
                f"{self.shown_url} begins with http, so there is no certificate that elasticsearchCaCertificate or "
                "elasticsearchFingerprint could be about: correct elasticsearchUrl."
            )
        if self.ca_certificate:
            options["ssl_context"] = trusting(self.ca_certificate)
        if self.fingerprint:
            options["ssl_assert_fingerprint"] = self.fingerprint
        return Elasticsearch(self.url, **options)
