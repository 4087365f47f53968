"""Whether a cluster can be used: its version, and a licence that includes inference."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from components.elasticsearch.client import Requests
from components.elasticsearch.errors import LicenceError, NotFoundError, RefusedError, VersionError
from components.elasticsearch.failures import FORBIDDEN, LICENCE_WAYS_OUT

OLDEST_MAJOR = 9
LICENCES_WITH_INFERENCE = ("trial", "enterprise")
"""From the licence check of the inference plugin: below Enterprise it answers 403."""


@dataclass(frozen=True, kw_only=True)
class LiveCluster:
    """What a cluster says of itself; `licence` is its type such as basic, trial or enterprise."""

    version: str
    licence: str
    licence_active: bool

    @property
    def allows_inference(self) -> bool:
        """Whether inference endpoints can be made and used."""
        return self.licence_active and self.licence in LICENCES_WITH_INFERENCE


def read_live(client: Requests) -> LiveCluster:
    """Ask a cluster for its version and licence."""
    version = client.request("GET", "/")
    number = str(version.get("version", {}).get("number", "")) if isinstance(version, Mapping) else ""
    try:
        licence: Mapping[str, Any] = client.request("GET", "/_license").get("license", {})
    except NotFoundError:
        licence = {}
    return LiveCluster(
        version=number,
        licence=str(licence.get("type", "none")),
        licence_active=licence.get("status") == "active",
    )


def plan(
    live: LiveCluster, *, start_trial: bool, needs_inference: bool = True
) -> Literal["nothing", "start trial"]:
    """Decide what makes the cluster usable; without a need for inference any licence is right.

    Raises VersionError below version 9, and LicenceError when inference is not licensed and no trial may be started.
    """
    major = live.version.partition(".")[0]
    if not major.isdigit() or int(major) < OLDEST_MAJOR:
        raise VersionError(
            f"Elasticsearch has version {live.version or 'unknown'}, and this project needs 9 or newer. "
            "Upgrade it, or leave elasticsearchUrl empty to run a node in this stack."
        )
    if live.allows_inference or not needs_inference:
        return "nothing"
    if start_trial:
        return "start trial"
    state = live.licence if live.licence_active else f"{live.licence}, which has expired"
    raise LicenceError(f"The licence of Elasticsearch is {state}. {LICENCE_WAYS_OUT}")


def start_trial(client: Requests) -> None:
    """Start the 30-day trial; raises LicenceError when this cluster has had it."""
    try:
        answer = client.request("POST", "/_license/start_trial", query={"acknowledge": "true"})
        started, told = bool(answer.get("trial_was_started")), str(answer.get("error_message", ""))
    except RefusedError as error:
        # "Already used" is a 403 whose body has no `error` object.
        if error.status != FORBIDDEN:
            raise
        started, told = False, error.reason
    if not started:
        raise LicenceError(
            f"The trial licence could not be started: {told or 'no reason was given'} "
            "Each cluster has one trial per major version. "
            "Either run `pulumi config set elasticsearchEmbedding client`, which needs no licence beyond Basic, "
            "or install a licence that includes inference."
        )


def prepare(client: Requests, *, start_trial_if_needed: bool, needs_inference: bool = True) -> LiveCluster:
    """Make sure that the cluster can be used, starting the trial only when told to; return what it is."""
    live = read_live(client)
    if plan(live, start_trial=start_trial_if_needed, needs_inference=needs_inference) == "nothing":
        return live
    start_trial(client)
    return read_live(client)
