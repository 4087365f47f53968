"""Turns failed requests into errors that say what happened and what to do.

The error bodies are those of Elasticsearch 9.x: `{"error": {"type", "reason", "caused_by"…}, "status"}`.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from components.elasticsearch.client.connection import Connection
from components.elasticsearch.client.license import BASIC_WAYS_OUT
from components.elasticsearch.client.responses import reasons
from components.elasticsearch.cluster import privileges
from components.elasticsearch.errors import (
    CredentialsError,
    ElasticsearchError,
    LicenseError,
    NotFoundError,
    PrivilegeError,
    RefusedError,
    TlsError,
    UnavailableError,
    UnreachableError,
    VersionError,
)
from components.kubernetes.address import ServiceAddress

LICENSE_WAYS_OUT = (
    "Inference endpoints need a trial or Enterprise license. Two ways out: start the 30-day trial with "
    "`pulumi config set elasticsearchStartTrial true`, or have documents embedded outside Elasticsearch, which "
    "needs no license beyond Basic, with `pulumi config set elasticsearchEmbedding client`; then `pulumi up`. "
    "A license that includes inference can also be installed."
)


def way_back_in(connection: Connection, container: str = "CONTAINER") -> str:
    """Return what to do when the password of the stack's own node, in `container`, is not the one that is known."""
    service = ServiceAddress.from_url(connection.url)
    inside = f"{service.kubectl} exec service/{service.service} --" if service else f"docker exec {container}"
    return (
        "The node's data keeps the password that it was first started with, or that somebody gave it since. If you "
        "know that password, set it: `pulumi config set --secret elasticsearchPassword`. Otherwise have the node make "
        f"a new one, `{inside} bin/elasticsearch-reset-password -u elastic -b --url "
        "http://127.0.0.1:9200`, and set that one. Then `pulumi up`; no document is touched."
    )


def refusal(connection: Connection, asked: str, status: int, body: Any) -> ElasticsearchError:
    """Return the error for a response that is not a success; `asked` is "METHOD /path"."""
    kind, reason, causes = _told(body)
    where = connection.shown_url
    if status == HTTPStatus.UNAUTHORIZED and kind == "security_exception":
        return CredentialsError(
            f"Elasticsearch at {where} does not accept {_credentials(connection)} (401). {_correct(connection)}"
        )
    if status == HTTPStatus.FORBIDDEN:
        forbidden = _forbidden(connection, asked, kind, f"{reason} {' '.join(causes)}")
        if forbidden:
            return forbidden
    if kind == "media_type_header_exception":
        return VersionError(
            f"Elasticsearch at {where} is older than version 9, which this project needs. "
            "Upgrade it, or leave elasticsearchUrl empty to run a node in this stack."
        )
    told = ": ".join(dict.fromkeys(part for part in (reason, *causes) if part)) or f"HTTP {status}"
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return UnavailableError(
            f"Elasticsearch at {where} was not ready for {asked} (HTTP {status}: {told}), and retrying did not help. "
            "Look at its log and its health, then run the command again."
        )
    error = NotFoundError if status == HTTPStatus.NOT_FOUND else RefusedError
    return error(
        f"Elasticsearch at {where} refused {asked} (HTTP {status}): {told}",
        status=status,
        kind=kind,
        reason=reason,
        causes=causes,
    )


def _forbidden(
    connection: Connection, asked: str, kind: str, reason: str
) -> LicenseError | PrivilegeError | None:
    """Return the error for a request that the license or the privileges do not allow; None for any other refusal."""
    where = connection.shown_url
    if "license is non-compliant for [security]" in reason:
        # Every license allows security, so this refusal means that the license has ended.
        return LicenseError(
            f"The license of Elasticsearch at {where} has ended, so it refuses {asked}. {BASIC_WAYS_OUT}"
        )
    if "license is non-compliant" in reason:
        return LicenseError(
            f"The license of Elasticsearch at {where} does not allow this. {LICENSE_WAYS_OUT}"
        )
    if kind != "security_exception":
        return None
    return PrivilegeError(
        f"{_credentials(connection).capitalize()} may not send {asked} to {where} (403): {reason.strip()}. "
        f"The stack needs {privileges.in_words()}."
    )


def transport_failure(connection: Connection, error: Exception) -> ElasticsearchError:
    """Return the error for a request that got no usable response; `error` is Elastic's TransportError."""
    where = connection.shown_url
    name = type(error).__name__
    told = str(getattr(error, "message", error)).split(" object at ")[0]
    told = re.sub(r"HTTPS?Connection(Pool)?\([^()]*\): ", "", told)  # urllib3's name of what `where` says
    if name == "TlsError":
        return TlsError(
            f"No trusted TLS connection to Elasticsearch at {where}: {told.rstrip('.')}. {_trusted(told)}"
        )
    if name == "UnsupportedProductError":
        return VersionError(f"The server at {where} is not Elasticsearch: correct elasticsearchUrl.")
    if name == "ConnectionTimeout":
        return UnreachableError(
            f"Elasticsearch at {where} did not answer in time. Look at its log and its load."
        )
    if name == "SerializationError":
        return VersionError(
            f"The server at {where} does not answer with Elasticsearch's JSON: correct elasticsearchUrl."
        )
    if "Connection aborted" in told and connection.url.startswith("http:"):
        return UnreachableError(
            f"The server at {where} broke the connection: {told}. If that Elasticsearch uses TLS, elasticsearchUrl "
            "must begin with https; otherwise look at its log."
        )
    return UnreachableError(f"Nothing answers at {where}: {told}. {_reached(connection)}")


def _reached(connection: Connection) -> str:
    """Return what to look at when nothing answers."""
    service = ServiceAddress.from_url(connection.url)
    if service:
        return (
            f"Look at the node's pod: `{service.kubectl} get pods`, and `{service.kubectl} logs "
            f"service/{service.service}`."
        )
    return (
        "Check elasticsearchUrl, and that Elasticsearch runs and can be reached from this machine; for the stack's own "
        "node, look at `docker ps` and `docker logs`."
    )


def _trusted(told: str) -> str:
    """Return what to do about a failed TLS connection; `told` is the message of OpenSSL or urllib3."""
    if "Fingerprints did not match" in told:
        return (
            "If that certificate is the cluster's own (was it renewed?), set elasticsearchFingerprint to it, or "
            "elasticsearchCaCertificate to the PEM file of the authority that signs it."
        )
    if "Hostname mismatch" in told or "IP address mismatch" in told:
        return (
            "Set elasticsearchUrl to a name or address that its certificate is for, or set "
            "elasticsearchFingerprint (the SHA-256 of its certificate) instead of elasticsearchCaCertificate."
        )
    return (
        "Check whether the address should begin with https, and set elasticsearchCaCertificate (a PEM file) or "
        "elasticsearchFingerprint (the SHA-256 of its certificate)."
    )


def _told(body: Any) -> tuple[str, str, tuple[str, ...]]:
    """Return an error body's type, its reason and the reasons of its causes, whichever shape the body has."""
    error = body.get("error", body) if isinstance(body, Mapping) else body
    if not isinstance(error, Mapping):
        return "", str(error or ""), ()
    causes = reasons(error.get("caused_by"))
    # For a search, the outer reason says only that shards failed; for other requests, the root cause repeats it.
    roots = error.get("root_cause")
    causes += [str(root.get("reason") or root.get("type")) for root in roots or []]
    reason = error.get("reason") or error.get("error_message") or error.get("message") or ""
    return str(error.get("type", "")), str(reason), tuple(causes)


def _credentials(connection: Connection) -> str:
    if connection.api_key:
        return "the API key"
    return f"user {connection.user} with this password" if connection.user else "requests without credentials"


def _correct(connection: Connection) -> str:
    if connection.api_key:
        return "Set the encoded form of a valid key: `pulumi config set --secret elasticsearchApiKey`."
    if connection.managed:
        in_docker = ServiceAddress.from_url(connection.url) is None
        return way_back_in(connection) + (" `docker ps` names the container." if in_docker else "")
    if connection.user:
        return "Correct elasticsearchUser and elasticsearchPassword (`pulumi config set --secret`)."
    return "Set elasticsearchApiKey, or elasticsearchUser and elasticsearchPassword."
