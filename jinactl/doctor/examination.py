"""Looks at every part of a stack in turn, and reports the causes of trouble that it finds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from components.elasticsearch.client.client import Client, ClusterPatience
from components.errors import StackError
from components.kubernetes.address import is_service
from jinactl.doctor import cluster, disk_and_license, embedding, engine, gateway, index, kubernetes, stack
from jinactl.doctor.cluster import read_cluster, require_answer
from jinactl.doctor.containers import read_engine
from jinactl.doctor.declared import Declared
from jinactl.doctor.disk_and_license import read_upkeep
from jinactl.doctor.embedding import read_documents, read_embedding
from jinactl.doctor.finding import Check, Finding, from_error
from jinactl.doctor.gateway import read_gateway
from jinactl.doctor.index import read_index
from jinactl.doctor.pods import read_pods

PATIENCE = ClusterPatience(limit=2.0, unreachable=0.0)
"""A doctor tells of what does not answer, and does not wait for it."""

UNREADABLE = "outputs-unreadable"
"""Names the check of the outputs as a whole: where they can't be read, nothing else can."""

UNREADABLE_PART = (StackError, LookupError, TypeError, ValueError, AttributeError)
"""What a reading raises, the errors of an answer in another form included: a doctor goes on with the next part."""

Read = TypeVar("Read")


@dataclass
class Report:
    """What was found, and which checks could not look and why, by their names; `looked` counts those that could."""

    found: list[tuple[str, Finding]] = field(default_factory=list)
    not_looked: dict[str, str] = field(default_factory=dict)
    looked: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for programs."""
        found = [{"check": name, "what": one.what, "remedy": one.remedy} for name, one in self.found]
        not_looked = [{"check": name, "why": why} for name, why in self.not_looked.items()]
        return {"found": found, "notLooked": not_looked, "looked": self.looked}

    def look(self, read: Callable[[], Read], checks: Iterable[Check[Read]]) -> Read | None:
        """Read a part of the stack, have the checks look at it, and return what was read; None where it can't be."""
        try:
            reading = read()
        except UNREADABLE_PART as error:
            self.not_looked |= {one.name: _why(error) for one in checks}
            return None
        for one in checks:
            try:
                self.found += [(one.name, found) for found in one.look(reading)]
                self.looked += 1
            except UNREADABLE_PART as error:
                self.not_looked[one.name] = _why(error)
        return reading

    def pass_over(self, checks: Iterable[Check[Any]], why: str) -> None:
        """Note checks that have nothing to look at."""
        self.not_looked |= {one.name: why for one in checks}


def _why(error: Exception) -> str:
    if isinstance(error, StackError):
        return " ".join(str(error).split())
    return f"something was answered in a form that is not known here: {type(error).__name__} {error}"


def examine(declared: Declared) -> Report:
    """Look for every cause of trouble that is known; changes nothing, and raises nothing for what it finds."""
    report = Report(looked=1)  # the outputs could be read
    report.look(lambda: declared, stack.CHECKS)
    closed = _examine_platform(declared, report)
    if closed and is_service(declared.server_url):
        report.pass_over(gateway.CHECKS, closed)
    else:
        report.look(lambda: read_gateway(declared), gateway.CHECKS)
    connection = declared.facts.connection
    if closed and is_service(connection.url):
        report.pass_over((*cluster.CHECKS, *_IN_ELASTICSEARCH), closed)
        return report
    with Client(connection, PATIENCE) as client:
        _examine_cluster(client, declared, report)
    return report


def _examine_platform(declared: Declared, report: Report) -> str:
    """Look at what runs the stack; of a stack on Docker nobody expects anything of Kubernetes.

    Return why nothing in the cluster can be asked, empty where it can: the cause is found once, not in each part.
    """
    kubernetes_cluster = declared.facts.cluster
    if kubernetes_cluster is None:
        report.look(lambda: read_engine(declared), engine.CHECKS)
        return ""
    report.pass_over(engine.CHECKS, "the stack runs on Kubernetes, not on Docker")
    read = report.look(lambda: read_pods(declared, kubernetes_cluster), kubernetes.CHECKS)
    return read.closed if read else ""


def _examine_cluster(client: Client, declared: Declared, report: Report) -> None:
    read = report.look(lambda: read_cluster(client, declared), cluster.CHECKS)
    if read is None or read.live is None:
        report.pass_over(_IN_ELASTICSEARCH, "Elasticsearch does not answer, or lets nobody in")
        return
    live = require_answer(read)
    report.look(lambda: read_upkeep(client, declared, live), disk_and_license.CHECKS)
    for alias in declared.aliases:
        _examine_index(client, declared.of_index(alias), report)


def _examine_index(client: Client, declared: Declared, report: Report) -> None:
    indexed = report.look(lambda: read_index(client, declared), index.CHECKS)
    if indexed is None:
        why = f"{declared.facts.index} cannot be read"
        report.pass_over((*embedding.CHECKS, *embedding.DOCUMENT_CHECKS), why)
        return
    report.look(lambda: read_embedding(client, declared, indexed), embedding.CHECKS)
    report.look(lambda: read_documents(client, indexed), embedding.DOCUMENT_CHECKS)


def unreadable(error: StackError) -> Report:
    """Return the report on a stack whose outputs cannot be read."""
    report = Report(found=[(UNREADABLE, from_error(error))], looked=1)
    for checks in ALL:
        report.pass_over(checks, "the outputs cannot be read")
    return report


_IN_ELASTICSEARCH: tuple[Check[Any], ...] = (
    *disk_and_license.CHECKS,
    *index.CHECKS,
    *embedding.CHECKS,
    *embedding.DOCUMENT_CHECKS,
)
"""The checks that Elasticsearch must answer for."""

ALL: tuple[tuple[Check[Any], ...], ...] = (
    stack.CHECKS,
    engine.CHECKS,
    kubernetes.CHECKS,
    gateway.CHECKS,
    cluster.CHECKS,
    disk_and_license.CHECKS,
    index.CHECKS,
    embedding.CHECKS,
    embedding.DOCUMENT_CHECKS,
)


def names() -> tuple[str, ...]:
    """Return the names of all checks, in the order in which they look."""
    return (UNREADABLE, *(one.name for checks in ALL for one in checks))


def lines(report: Report) -> list[str]:
    """Return a line for each finding, one for each reason not to look, and one that sums up."""
    told = [f"{name}: {one.what}. Mend it: {one.remedy}" for name, one in report.found]
    by_reason: Mapping[str, list[str]] = {
        why: [name for name, reason in report.not_looked.items() if reason == why]
        for why in dict.fromkeys(report.not_looked.values())
    }
    told += [f"not looked at: {', '.join(which)} ({why})" for why, which in by_reason.items()]
    causes = len(report.found)
    found = f"{causes} cause{'' if causes == 1 else 's'} of trouble found" if causes else "all is well"
    left = f", {len(report.not_looked)} could not look" if report.not_looked else ""
    return [*told, f"{found}: {report.looked} checks looked{left}"]
