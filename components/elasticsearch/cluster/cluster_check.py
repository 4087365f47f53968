"""Whether a cluster can be used: its version, a license that includes inference, and all privileges."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Literal

from components.elasticsearch.client.client import Requests
from components.elasticsearch.client.failures import LICENSE_WAYS_OUT
from components.elasticsearch.client.license import BASIC_WAYS_OUT, OTHER_WAYS_OUT, START_BASIC, expiry_of
from components.elasticsearch.cluster import privileges
from components.elasticsearch.cluster.privileges import Needed
from components.elasticsearch.errors import (
    LicenseError,
    NotFoundError,
    PrivilegeError,
    RefusedError,
    VersionError,
)

OLDEST_MAJOR = 9
LICENSES_WITH_INFERENCE = ("trial", "enterprise")
"""From the license check of the inference plugin: below Enterprise it answers 403."""


@dataclass(frozen=True, kw_only=True)
class LiveCluster:
    """What a cluster says of itself.

    `license` is its type such as basic, trial or enterprise; `license_expires` the ISO date and time of its end in
    UTC, "" for one without an end.
    """

    version: str
    license: str
    license_active: bool
    license_expires: str = ""

    @property
    def allows_inference(self) -> bool:
        """Whether inference endpoints can be made and used."""
        return self.license_active and self.license in LICENSES_WITH_INFERENCE

    @property
    def expired(self) -> bool:
        """Whether its license has ended, which stops more than inference: health and statistics are refused."""
        return not self.license_active and bool(self.license_expires)

    def outputs(self) -> dict[str, str]:
        """Return what the stack keeps of it."""
        return {
            "version": self.version,
            "licence": self.license,
            "licence_expires": self.license_expires,
        }


def read_live(client: Requests) -> LiveCluster:
    """Ask a cluster for its version and license.

    Raises VersionError for Elasticsearch Serverless.
    """
    answer = client.request("GET", "/")
    version = answer.get("version", {}) if isinstance(answer, Mapping) else {}
    if version.get("build_flavor") == "serverless":
        raise VersionError(
            "What answers is Elasticsearch Serverless, which has neither the license nor the requests on tasks and "
            "indices that this project needs. Use a cluster of version 9 or newer (hosted or your own), or leave "
            "elasticsearchUrl empty to run a node in this stack."
        )
    try:
        license: Mapping[str, Any] = client.request("GET", "/_license").get("license", {})
    except NotFoundError:
        license = {}
    return LiveCluster(
        version=str(version.get("number", "")),
        license=str(license.get("type", "none")),
        license_active=license.get("status") == "active",
        license_expires=expiry_of(license.get("expiry_date_in_millis")),
    )


def plan(
    live: LiveCluster, *, start_trial: bool, needs_inference: bool = True, managed: bool = False
) -> Literal["nothing", "start trial", "start basic"]:
    """Decide what makes the cluster usable; without a need for inference any license that lasts is right.

    Raises VersionError below version 9, and LicenseError when inference is not licensed and no trial may be started,
    or when the license has ended of a cluster that is not the stack's own node.
    """
    major = live.version.partition(".")[0]
    if not major.isdigit() or int(major) < OLDEST_MAJOR:
        raise VersionError(
            f"Elasticsearch has version {live.version or 'unknown'}, and this project needs 9 or newer. "
            "Upgrade it, or leave elasticsearchUrl empty to run a node in this stack."
        )
    if live.allows_inference:
        return "nothing"
    if not needs_inference:
        if live.expired and not managed:
            raise LicenseError(
                f"The {live.license} license of Elasticsearch has ended, so Elasticsearch tells neither its health nor "
                f"its statistics, without which no index is migrated. {BASIC_WAYS_OUT} Then `pulumi up`."
            )
        return "start basic" if live.expired else "nothing"
    if live.license == "trial":
        # The one trial of this cluster: there is no other.
        raise LicenseError(f"The license of Elasticsearch is trial, which has expired. {OTHER_WAYS_OUT}")
    if start_trial:
        return "start trial"
    state = f"{live.license}, which has expired" if live.expired else live.license
    raise LicenseError(f"The license of Elasticsearch is {state}. {LICENSE_WAYS_OUT}")


def start_trial(client: Requests) -> None:
    """Start the 30-day trial; raises LicenseError when this cluster has had it."""
    try:
        answer = client.request("POST", "/_license/start_trial", query={"acknowledge": "true"})
        started, told = bool(answer.get("trial_was_started")), str(answer.get("error_message", ""))
    except RefusedError as error:
        # "Already used" is a 403 whose body has no `error` object.
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        started, told = False, error.reason
    if not started:
        raise LicenseError(
            f"The trial license could not be started: {told or 'no reason was given'} "
            f"Each cluster has one trial per major version. {OTHER_WAYS_OUT}"
        )


def prepare(
    client: Requests,
    *,
    needed: Needed,
    start_trial_if_needed: bool,
    needs_inference: bool = True,
    managed: bool = False,
) -> LiveCluster:
    """Make sure that the cluster can be used, and that the credentials may do all that is `needed`; return what it is.

    The trial is started only when told to; the stack's own node (`managed`) whose trial is over goes to Basic where
    the client embeds, which gives up nothing that it still had.
    """
    try:
        live = read_live(client)
    except PrivilegeError:
        privileges.require(client, needed)  # says all that is missing, not this alone
        raise
    action = plan(live, start_trial=start_trial_if_needed, needs_inference=needs_inference, managed=managed)
    privileges.require(client, replace(needed, change_of_license=action != "nothing"))
    if action == "nothing":
        return live
    if action == "start trial":
        start_trial(client)
    else:
        client.request("POST", START_BASIC, query={"acknowledge": "true"})
    return read_live(client)
