"""The address of an Elasticsearch cluster, and the credentials for it."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from components.elasticsearch.client.trust import trusting
from components.elasticsearch.errors import CredentialsError, TlsError, UnreachableError
from components.kubernetes.errors import KubectlError
from components.kubernetes.forward import forwarded

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch


@dataclass(frozen=True, kw_only=True)
class Connection:
    """The address of a cluster, and either an API key (in its encoded form) or a user and password, or neither.

    `ca_certificate` is PEM text (in the states and outputs of 0.1.0: the path of a PEM file). `fingerprint` is the
    SHA-256 of the cluster's certificate in hexadecimal, with or without colons. At most one of the two is set, and only
    with an https address. `managed`: whether the cluster is the stack's own node; only messages depend on it.
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
        """The address for messages: without a user and password."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def open(self) -> "Elasticsearch":
        """Return Elastic's client for this cluster. No request is sent, and the client itself retries nothing.

        Raises UnreachableError when there is no way into the cluster that the address is in, TlsError when the CA
        certificate cannot be read or the address has no TLS, and CredentialsError when the API key has characters that
        no key has.
        """
        if not re.fullmatch(r"[!-~]*", self.api_key):
            raise CredentialsError(
                "The API key contains spaces, line ends or letters that no key has: set its encoded form again with "
                "`pulumi config set --secret elasticsearchApiKey`."
            )
        # Importing the client takes half a second, which previews and no-op updates are spared.
        from elasticsearch import Elasticsearch  # noqa: PLC0415

        options: dict[str, Any] = {"request_timeout": 60, "max_retries": 0}
        if self.api_key:
            options["api_key"] = self.api_key
        elif self.user:
            options["basic_auth"] = (self.user, self.password)
        if (self.ca_certificate or self.fingerprint) and not self.url.startswith("https:"):
            raise TlsError(
                f"{self.shown_url} begins with http, so elasticsearchCaCertificate and elasticsearchFingerprint have "
                "no certificate to check: correct elasticsearchUrl."
            )
        if self.ca_certificate:
            options["ssl_context"] = trusting(self.ca_certificate)
        if self.fingerprint:
            options["ssl_assert_fingerprint"] = self.fingerprint
        return Elasticsearch(self._way_in(), **options)

    def _way_in(self) -> str:
        try:
            return forwarded(self.url)
        except KubectlError as error:
            raise UnreachableError(str(error)) from error
