"""Version and license of a cluster, and the errors that every request may meet."""

import pickle
from typing import Any

import pytest

from components.elasticsearch.client.connection import Connection
from components.elasticsearch.client.failures import refusal
from components.elasticsearch.cluster import cluster_check
from components.elasticsearch.cluster.cluster_check import LiveCluster
from components.elasticsearch.cluster.privileges import HAS_PRIVILEGES, Needed
from components.elasticsearch.errors import (
    CredentialsError,
    LicenseError,
    NotFoundError,
    PrivilegeError,
    RefusedError,
    TlsError,
    UnavailableError,
    VersionError,
)
from tests.unit.elasticsearch.recording import CONNECTION, RecordedCluster


def live(version: str = "9.5.3", license: str = "trial", active: bool = True) -> LiveCluster:
    """Return what a cluster says of itself."""
    expires = "" if license in ("basic", "none") else "2026-01-31T00:00:00+00:00"
    return LiveCluster(version=version, license=license, license_active=active, license_expires=expires)


NEEDED = Needed(aliases=["jina-demo"])


@pytest.mark.parametrize(
    ("found", "start_trial", "action"),
    [
        (live(), False, "nothing"),
        (live(), True, "nothing"),
        (live(license="enterprise"), False, "nothing"),
        (live(license="basic"), True, "start trial"),
        (live(license="platinum", active=False), True, "start trial"),
        (live(version="10.0.0"), False, "nothing"),
    ],
)
def test_the_plan_follows_from_the_license(found: LiveCluster, start_trial: bool, action: str) -> None:
    assert cluster_check.plan(found, start_trial=start_trial) == action


@pytest.mark.parametrize(
    ("found", "error", "told"),
    [
        (live(license="basic"), LicenseError, "license of Elasticsearch is basic"),
        (live(license="basic"), LicenseError, "elasticsearchStartTrial true"),
        (live(license="platinum"), LicenseError, "elasticsearchEmbedding client"),
        (live(license="enterprise", active=False), LicenseError, "enterprise, which has expired"),
        (live(version="8.19.0"), VersionError, "8.19.0.*9 or newer"),
        (live(version=""), VersionError, "unknown"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_refused(
    found: LiveCluster, error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        cluster_check.plan(found, start_trial=False)


@pytest.mark.parametrize("start_trial", [True, False])
def test_a_trial_that_is_over_has_two_ways_out_and_another_trial_is_none_of_them(start_trial: bool) -> None:
    with pytest.raises(LicenseError, match=r"has expired.*elasticsearchEmbedding client.*install") as caught:
        cluster_check.plan(live(active=False), start_trial=start_trial)
    assert "elasticsearchStartTrial" not in str(caught.value)


@pytest.mark.parametrize(
    ("found", "managed", "action"),
    [
        (live(license="basic"), False, "nothing"),
        (live(license="none", active=False), False, "nothing"),  # the license cannot be asked for
        (live(), True, "nothing"),
        (live(active=False), True, "start basic"),
    ],
)
def test_where_the_client_embeds_any_license_will_do_that_has_not_ended(
    found: LiveCluster, managed: bool, action: str
) -> None:
    assert cluster_check.plan(found, start_trial=False, needs_inference=False, managed=managed) == action


def test_where_the_client_embeds_the_ended_license_of_anothers_cluster_is_his_to_change() -> None:
    with pytest.raises(LicenseError, match=r"trial license .* has ended.*POST /_license/start_basic"):
        cluster_check.plan(live(active=False), start_trial=False, needs_inference=False)


BASIC = {"license": {"type": "basic", "status": "active"}}
TRIAL = {"license": {"type": "trial", "status": "active"}}
ROOT = {"version": {"number": "9.5.3"}}
START = "POST /_license/start_trial"


def test_the_trial_is_started_only_when_told_to() -> None:
    asked = RecordedCluster(
        {"GET /": ROOT, "GET /_license": [BASIC, TRIAL], START: {"trial_was_started": True}}
    )
    assert cluster_check.prepare(asked, needed=NEEDED, start_trial_if_needed=True).license == "trial"
    assert asked.written == [f"POST {HAS_PRIVILEGES}", f"{START}?acknowledge=true"]
    untold = RecordedCluster({"GET /": ROOT, "GET /_license": BASIC})
    with pytest.raises(LicenseError):
        cluster_check.prepare(untold, needed=NEEDED, start_trial_if_needed=False)
    assert untold.written == []


def test_a_trial_that_was_used_up_is_told_from_a_body_without_an_error_object() -> None:
    body = {
        "acknowledged": True,
        "trial_was_started": False,
        "error_message": "Operation failed: Trial was already activated.",
    }
    asked = RecordedCluster(
        {"GET /": ROOT, "GET /_license": BASIC, START: refusal(CONNECTION, START, 403, body)}
    )
    with pytest.raises(LicenseError, match=r"already activated.*one trial per major version"):
        cluster_check.prepare(asked, needed=NEEDED, start_trial_if_needed=True)


def test_the_stacks_own_node_goes_to_basic_when_its_trial_is_over_and_the_client_embeds() -> None:
    ended = {"license": {"type": "trial", "status": "expired", "expiry_date_in_millis": 1_700_000_000_000}}
    asked = RecordedCluster({"GET /": ROOT, "GET /_license": [ended, BASIC]})
    found = cluster_check.prepare(
        asked, needed=NEEDED, start_trial_if_needed=False, needs_inference=False, managed=True
    )
    assert found.license == "basic"
    assert asked.written[-1] == "POST /_license/start_basic?acknowledge=true"


def test_the_end_of_a_license_is_told_as_a_date() -> None:
    trial = {"license": {"type": "trial", "status": "active", "expiry_date_in_millis": 1_767_225_600_123}}
    found = cluster_check.read_live(RecordedCluster({"GET /": ROOT, "GET /_license": trial}))
    assert found.outputs() == {
        "version": "9.5.3",
        "licence": "trial",
        "licence_expires": "2026-01-01T00:00:00+00:00",
    }


def test_serverless_is_named_before_anything_is_asked_that_it_does_not_have() -> None:
    serverless = {"version": {"number": "8.11.0", "build_flavor": "serverless"}}
    asked = RecordedCluster({"GET /": serverless})
    with pytest.raises(VersionError, match=r"Elasticsearch Serverless.*leave elasticsearchUrl empty"):
        cluster_check.prepare(asked, needed=NEEDED, start_trial_if_needed=False)
    assert [path for path, _ in asked.asked] == ["GET /"]


def test_credentials_that_may_not_even_ask_for_the_version_are_told_all_that_they_lack() -> None:
    refused = refusal(CONNECTION, "GET /", 403, security("action [cluster:monitor/main] is unauthorized"))
    answer = {"cluster": {"monitor": False, "cancel_task": False}, "index": {}}
    asked = RecordedCluster({"GET /": refused, f"POST {HAS_PRIVILEGES}": answer})
    with pytest.raises(PrivilegeError, match=r"cluster privilege monitor .*cluster privilege cancel_task"):
        cluster_check.prepare(asked, needed=NEEDED, start_trial_if_needed=False)


def security(reason: str) -> dict[str, Any]:
    """Return the body of a security exception."""
    return {"error": {"type": "security_exception", "reason": reason}}


WITH_KEY = Connection(url="https://u:hunter2@es.test:9243", api_key="hunter2")


@pytest.mark.parametrize(
    ("connection", "status", "body", "error", "told"),
    [
        (
            CONNECTION,
            401,
            security("unable to authenticate user [elastic]"),
            CredentialsError,
            "user elastic",
        ),
        (WITH_KEY, 401, security("invalid api key"), CredentialsError, "elasticsearchApiKey"),
        (
            Connection(url="http://e"),
            401,
            security("missing"),
            CredentialsError,
            "without credentials.*elasticsearchUser",
        ),
        (
            CONNECTION,
            403,
            security("current license is non-compliant for [inference]"),
            LicenseError,
            "elasticsearchStartTrial",
        ),
        (
            CONNECTION,
            403,
            security("current license is non-compliant for [security]"),
            LicenseError,
            "has ended, so it refuses GET /x.*start_basic",
        ),
        (CONNECTION, 403, security("action [x] is unauthorized"), PrivilegeError, "cancel_task"),
        (
            CONNECTION,
            400,
            {"error": {"type": "media_type_header_exception", "reason": "Invalid media-type"}},
            VersionError,
            "older than version 9",
        ),
        (CONNECTION, 503, {"error": {"type": "x", "reason": "no master"}}, UnavailableError, "no master"),
        (CONNECTION, 429, {"error": {"type": "x", "reason": "queue full"}}, UnavailableError, "queue full"),
        (CONNECTION, 404, {"error": "alias [a] missing", "status": 404}, NotFoundError, "alias .a. missing"),
        (CONNECTION, 404, {}, NotFoundError, "HTTP 404"),
        (
            CONNECTION,
            401,
            {"error": {"type": "status_exception", "reason": "authentication error from the model server"}},
            RefusedError,
            "model server",
        ),
        (
            CONNECTION,
            400,
            {"error": {"type": "a", "reason": "b", "caused_by": {"reason": "c"}}},
            RefusedError,
            "b: c",
        ),
        (CONNECTION, 502, "<html>Bad gateway</html>", RefusedError, "Bad gateway"),
    ],
)
def test_every_refusal_becomes_one_clear_line(
    connection: Connection, status: int, body: Any, error: type[Exception], told: str
) -> None:
    found = refusal(connection, "GET /x", status, body)
    assert type(found) is error
    with pytest.raises(error, match=told):
        raise found
    assert "hunter2" not in str(found)
    assert "\n" not in str(found)


def test_errors_survive_a_process_border() -> None:
    error = refusal(CONNECTION, "GET /x", 404, {"error": {"type": "t", "reason": "r"}})
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes)
    assert (type(copy), str(copy), copy.kind) == (NotFoundError, str(error), "t")


def test_a_connection_shows_no_secrets() -> None:
    assert "hunter2" not in repr(CONNECTION)
    assert WITH_KEY.shown_url == "https://es.test:9243"
    assert "hunter2" not in repr(replace_url(WITH_KEY))


def replace_url(connection: Connection) -> Connection:
    """Return the connection at an address without credentials in it."""
    return Connection(url=connection.shown_url, api_key=connection.api_key)


def test_a_missing_ca_certificate_is_named_before_any_request() -> None:
    with pytest.raises(TlsError, match=r"/nowhere/ca\.pem.*elasticsearchCaCertificate"):
        Connection(url="https://e:9200", ca_certificate="/nowhere/ca.pem").open()
