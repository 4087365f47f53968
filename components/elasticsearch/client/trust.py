"""The certificates that a connection to Elasticsearch trusts."""

import ssl
from pathlib import Path
from typing import Any

from components.certificates import certificates_in
from components.elasticsearch.errors import TlsError


class _TheseAlone(ssl.SSLContext):
    """Ignores later additions of certificates: Elastic's client adds the public authorities to any context."""

    def load_verify_locations(self, *_arguments: Any, **_named: Any) -> None:
        """Add nothing."""


def trusting(ca_certificate: str) -> ssl.SSLContext:
    """Return an SSL context that trusts only the certificates in `ca_certificate`.

    `ca_certificate` is PEM text, or the path of a PEM file, which is what version 0.1.0 kept. Raises TlsError when the
    file cannot be read or there is no certificate in it.
    """
    pem = ca_certificate if "-----BEGIN" in ca_certificate else _read(ca_certificate)
    context = _TheseAlone(ssl.PROTOCOL_TLS_CLIENT)
    try:
        super(_TheseAlone, context).load_verify_locations(cadata=certificates_in(pem))
    except (ssl.SSLError, ValueError) as error:  # ValueError: nothing at all
        what = "The CA certificate of this stack" if pem is ca_certificate else ca_certificate
        raise TlsError(
            f"{what} holds no certificate: elasticsearchCaCertificate must be a PEM file, or its content."
        ) from error
    return context


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise TlsError(
            f"There is no CA certificate at {path}, the path that the stack was last updated with. Set "
            "elasticsearchCaCertificate to the certificate's path on this machine, or to its content "
            "(`pulumi config set elasticsearchCaCertificate < FILE`), and run `pulumi up`: from then on the stack "
            "keeps the certificate itself."
        ) from error
