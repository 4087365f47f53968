"""The list of privileges: what is asked for, what is told when one is missing, and the key that has them all."""

import json
from typing import Any

import pytest

from components.elasticsearch.client.failures import refusal
from components.elasticsearch.cluster import privileges
from components.elasticsearch.cluster.privileges import HAS_PRIVILEGES, Needed
from components.elasticsearch.errors import PrivilegeError, RefusedError
from tests.unit.elasticsearch.recording import CONNECTION, RecordedCluster

NEEDED = Needed(aliases=["jina-demo"])
OWN = ["jina-demo", "jina-demo-*"]


def answer(needed: Needed, *, lacking: tuple[str, str] = ("", "")) -> dict[str, Any]:
    """Return what Elasticsearch answers when all but one privilege is held."""
    asked = needed.asked()
    index: dict[str, dict[str, bool]] = {}
    for entry in asked["index"]:
        for name in entry["names"]:
            index.setdefault(name, {}).update({one: ("index", one) != lacking for one in entry["privileges"]})
    cluster = {name: ("cluster", name) != lacking for name in asked["cluster"]}
    held = all(cluster.values()) and all(all(one.values()) for one in index.values())
    return {"username": "elastic", "has_all_requested": held, "cluster": cluster, "index": index}


EVERYTHING = Needed(aliases=["jina-demo"], change_of_license=True)
NAMES = [
    *(("cluster", name) for name in EVERYTHING.asked()["cluster"]),
    *(("index", one.name) for one in privileges.INDEX),
]


@pytest.mark.parametrize("lacking", NAMES)
def test_each_missing_privilege_is_named_with_what_it_is_for_and_with_a_key_that_has_it(
    lacking: tuple[str, str],
) -> None:
    cluster = RecordedCluster({f"POST {HAS_PRIVILEGES}": answer(EVERYTHING, lacking=lacking)})
    with pytest.raises(PrivilegeError, match=rf"Missing: {' privilege '.join(lacking)} .*\(to ") as caught:
        privileges.require(cluster, EVERYTHING)
    told = str(caught.value)
    start = told.index("POST /_security/api_key ") + len("POST /_security/api_key ")
    assert json.JSONDecoder().raw_decode(told[start:])[0] == EVERYTHING.key()
    assert told.count("privilege ") == 1
    assert "\n" not in told


def test_who_has_all_is_let_through() -> None:
    cluster = RecordedCluster({f"POST {HAS_PRIVILEGES}": answer(NEEDED)})
    privileges.require(cluster, NEEDED)
    assert cluster.asked == [("GET /jina-demo", None), (f"POST {HAS_PRIVILEGES}", NEEDED.asked())]


@pytest.mark.parametrize(
    ("needed", "cluster", "names"),
    [
        (NEEDED, ["monitor", "manage_ingest_pipelines", "cancel_task", "manage_inference"], OWN),
        (
            Needed(aliases=["jina-demo"], inference=False),
            ["monitor", "manage_ingest_pipelines", "cancel_task"],
            OWN,
        ),
        (
            Needed(aliases=["jina-demo"], inference=False, change_of_license=True),
            ["monitor", "manage_ingest_pipelines", "cancel_task", "manage"],
            OWN,
        ),
        (
            Needed(aliases=["new", "old"], others=["people"]),
            ["monitor", "manage_ingest_pipelines", "cancel_task", "manage_inference"],
            ["new", "new-*", "old", "old-*", "people"],
        ),
        (
            Needed(aliases=["jina-demo", "jina-demo"]),
            ["monitor", "manage_ingest_pipelines", "cancel_task", "manage_inference"],
            OWN,
        ),
    ],
)
def test_what_is_needed_follows_from_the_settings(
    needed: Needed, cluster: list[str], names: list[str]
) -> None:
    indices = [
        {"names": names, "privileges": ["read", "write", "manage"]},
        {"names": ["*"], "privileges": ["view_index_metadata"]},
    ]
    assert needed.asked() == {"cluster": cluster, "index": indices}
    role = needed.key()["role_descriptors"]["jina-search"]
    assert role == {"cluster": cluster, "indices": indices}


@pytest.mark.parametrize("status", [400, 404, 405])
def test_where_security_is_off_nothing_is_missing(status: int) -> None:
    off = refusal(CONNECTION, "POST x", status, {"error": f"no handler found for uri [{HAS_PRIVILEGES}]"})
    privileges.require(RecordedCluster({f"POST {HAS_PRIVILEGES}": off}), NEEDED)


def test_a_privilege_that_elasticsearch_does_not_know_is_not_taken_for_security_that_is_off() -> None:
    body = {
        "error": {"type": "action_request_validation_exception", "reason": "unknown cluster privilege [x]"}
    }
    unknown = refusal(CONNECTION, "POST x", 400, body)
    with pytest.raises(RefusedError, match="unknown cluster privilege"):
        privileges.require(RecordedCluster({f"POST {HAS_PRIVILEGES}": unknown}), NEEDED)


def test_the_aliases_that_people_gave_the_index_are_asked_for_too() -> None:
    aliases: dict[str, Any] = {"jina-demo": {}, "jina-demo-b": {}, "people": {}}
    body = {"jina-demo-768d-f16-1": {"aliases": aliases}}
    assert privileges.people_aliases(RecordedCluster({"GET /jina-demo": body}), "jina-demo") == ["people"]


def test_an_index_that_may_not_be_looked_at_tells_no_aliases() -> None:
    denied = refusal(
        CONNECTION, "GET /jina-demo", 403, {"error": {"type": "security_exception", "reason": "r"}}
    )
    assert privileges.people_aliases(RecordedCluster({"GET /jina-demo": denied}), "jina-demo") == []


def test_the_words_of_an_error_name_all_of_them() -> None:
    assert all(name in privileges.in_words() for _, name in NAMES)
