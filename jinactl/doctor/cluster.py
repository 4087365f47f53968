"""Looks at Elasticsearch: whether it answers and lets the stack in, and its version."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from components.elasticsearch.client.client import Requests
from components.elasticsearch.cluster import cluster_check, privileges
from components.elasticsearch.cluster.cluster_check import OLDEST_MAJOR, LiveCluster
from components.elasticsearch.cluster.privileges import HAS_PRIVILEGES, Needed
from components.elasticsearch.errors import (
    CredentialsError,
    ElasticsearchError,
    PrivilegeError,
    RefusedError,
    TlsError,
    UnavailableError,
    UnreachableError,
    VersionError,
)
from jinactl.doctor.declared import Declared
from jinactl.doctor.finding import CannotLookError, Check, Finding, from_error


@dataclass(frozen=True, kw_only=True)
class ClusterReading:
    """What Elasticsearch tells of itself: `live`, or else the `error` that it, or the way to it, gave.

    `lacking` are the privileges that the stack's credentials lack; None where they cannot be found out.
    """

    declared: Declared
    live: LiveCluster | None = None
    error: ElasticsearchError | None = None
    lacking: tuple[str, ...] | None = None


def read_cluster(client: Requests, declared: Declared) -> ClusterReading:
    """Ask the cluster for its version, its license, and the privileges of the stack's credentials."""
    try:
        live = cluster_check.read_live(client)
    except ElasticsearchError as error:
        return ClusterReading(declared=declared, error=error)
    return ClusterReading(declared=declared, live=live, lacking=_lacking(client, declared))


def _lacking(client: Requests, declared: Declared) -> tuple[str, ...] | None:
    needed = Needed(aliases=[declared.facts.index], inference=not declared.facts.embeds_in_client)
    try:
        return tuple(privileges.missing(client.request("POST", HAS_PRIVILEGES, needed.asked())))
    except RefusedError:
        return None  # without security this API does not exist
    except ElasticsearchError:
        return None


def require_answer(cluster: ClusterReading) -> LiveCluster:
    """Return what the cluster tells; raises CannotLookError where it does not answer as it should."""
    if cluster.live is None:
        raise CannotLookError("Elasticsearch does not answer, or lets nobody in")
    return cluster.live


def _unreachable(cluster: ClusterReading) -> Iterator[Finding]:
    if not isinstance(cluster.error, UnreachableError | UnavailableError):
        return
    found = from_error(cluster.error)
    if cluster.declared.node_volume and not cluster.declared.kubectl:
        name = "`docker ps --all --filter name=-elasticsearch` shows the node's container"
        found = Finding(what=found.what, remedy=f"{name}: `docker start` it, or run pulumi up --refresh")
    yield found


def _certificate(cluster: ClusterReading) -> Iterator[Finding]:
    if isinstance(cluster.error, TlsError):
        yield from_error(cluster.error)


def _password(cluster: ClusterReading) -> Iterator[Finding]:
    if not isinstance(cluster.error, CredentialsError):
        return
    found = from_error(cluster.error)
    declared = cluster.declared
    if declared.node_volume and not declared.kubectl:
        name = f"{declared.stack_name}-elasticsearch" if declared.stack_name else "CONTAINER"
        remedy = (
            f"docker exec {name} bin/elasticsearch-reset-password -u elastic -b --url http://127.0.0.1:9200, then "
            "pulumi config set --secret elasticsearchPassword && pulumi up"
        )
        found = Finding(what=found.what, remedy=remedy)
    yield found


def _privileges(cluster: ClusterReading) -> Iterator[Finding]:
    if isinstance(cluster.error, PrivilegeError):
        yield from_error(cluster.error)
        return
    require_answer(cluster)
    if cluster.lacking is None:
        raise CannotLookError("this cluster has no privileges to ask for, or does not tell them")
    if cluster.lacking:
        yield Finding(
            what=f"the stack's credentials lack {'; '.join(cluster.lacking)}",
            remedy="pulumi up (names the request that makes an API key with all privileges)",
        )


def _version(cluster: ClusterReading) -> Iterator[Finding]:
    if isinstance(cluster.error, VersionError):
        yield from_error(cluster.error)
        return
    version = require_answer(cluster).version
    if not version.partition(".")[0].isdigit() or int(version.partition(".")[0]) < OLDEST_MAJOR:
        yield Finding(
            what=f"Elasticsearch is of version {version or 'unknown'}, and this project needs {OLDEST_MAJOR} or newer",
            remedy="upgrade it, or leave elasticsearchUrl empty to run a node in this stack",
        )


def _other(cluster: ClusterReading) -> Iterator[Finding]:
    known = UnreachableError | UnavailableError | TlsError | CredentialsError | PrivilegeError | VersionError
    if cluster.error is not None and not isinstance(cluster.error, known):
        yield from_error(cluster.error)


Look = Callable[[ClusterReading], Iterable[Finding]]

CHECKS = (
    Check("elasticsearch-unreachable", _unreachable),
    Check("elasticsearch-certificate", _certificate),
    Check("elasticsearch-password", _password),
    Check("elasticsearch-privileges", _privileges),
    Check("elasticsearch-version", _version),
    Check("elasticsearch-refusal", _other),
)
