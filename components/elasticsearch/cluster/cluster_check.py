"""Checks that a cluster can be used: its version, a license that includes inference, and all privileges."""

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
"""As the inference plugin checks them: with any other license it answers 403."""


@dataclass(frozen=True, kw_only=True)
class LiveCluster:
    """The version and the license of a cluster.

    `license` is its type, such as basic, trial or enterprise; `license_expires` is the ISO date and time in UTC at
    which it ends, "" if it does not end.
    """

    version: str
    license: str
    license_active: bool
    license_expires: str = ""

    @property
    def allows_inference(self) -> bool:
        """Whether the license allows inference endpoints to be created and used."""
        return self.license_active and self.license in LICENSES_WITH_INFERENCE

    @property
    def expired(self) -> bool:
        """Whether the license has ended: then Elasticsearch refuses inference, and also health and statistics."""
        return not self.license_active and bool(self.license_expires)

    def outputs(self) -> dict[str, str]:
        """Return the values that are kept in the stack's state, by the names that they have there."""
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
            "This is Elasticsearch Serverless, which has neither the license nor the task and index APIs that this "
            "project needs. Use a cluster of version 9 or newer (hosted or your own), or leave "
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
    """Return what has to be done to make the cluster usable.

    Without `needs_inference`, any license that has not ended will do. Raises VersionError below version 9, and
    LicenseError when inference is needed but not licensed and no trial may be started, or when inference is not needed
    but the license has ended and the cluster is not the stack's own node (`managed`).
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
                f"The {live.license} license of Elasticsearch has ended, so Elasticsearch shows neither its health nor "
                f"its statistics, which migrations of an index need. {BASIC_WAYS_OUT} Then `pulumi up`."
            )
        return "start basic" if live.expired else "nothing"
    if live.license == "trial":
        # A cluster has one trial only.
        raise LicenseError(f"The license of Elasticsearch is trial, which has expired. {OTHER_WAYS_OUT}")
    if start_trial:
        return "start trial"
    state = f"{live.license}, which has expired" if live.expired else live.license
    raise LicenseError(f"The license of Elasticsearch is {state}. {LICENSE_WAYS_OUT}")


def start_trial(client: Requests) -> None:
    """Start the 30-day trial; raises LicenseError when this cluster has already had it."""
    try:
        answer = client.request("POST", "/_license/start_trial", query={"acknowledge": "true"})
        started, told = bool(answer.get("trial_was_started")), str(answer.get("error_message", ""))
    except RefusedError as error:
        # A trial that was already used is refused with a 403 whose body has no `error` object.
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
    """Make sure that the cluster can be used and that the credentials have all `needed` privileges; return the cluster.

    Starts the trial only with `start_trial_if_needed`. Starts the Basic license when the trial of the stack's own node
    (`managed`) has ended and the client embeds: nothing is lost by that which the expired license still allowed.
    """
    try:
        live = read_live(client)
    except PrivilegeError:
        privileges.require(client, needed)  # its error names all missing privileges, not only this one
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
