"""What guards the node's data is declared, and depends on nothing that people may change."""

from typing import Any

import pytest

from tests.unit.declared import Declared, declare_program, one
from tests.unit.elasticsearch.stack import DYNAMIC

COMMAND = "command:local:Command"
VOLUME = "docker:index/volume:Volume"
INDEX = "jina-demo"


def declared(**changes: object) -> list[Declared]:
    return declare_program("cpu", **changes)


def environment(found: list[Declared], name: str) -> dict[str, Any]:
    """Return the environment of a program, whether it is secret or not."""
    return dict(one(found, COMMAND, name).inputs["environment"])


def test_volumes_are_named_after_the_stacks_id_and_not_after_its_names() -> None:
    found = declared(stackId="an-earlier-one")
    names = {item.inputs["name"] for item in found if item.type == VOLUME}
    assert {"an-earlier-one-elasticsearch-data", "an-earlier-one-elasticsearch-backups"} <= names


@pytest.mark.parametrize(
    ("changes", "ignored"), [({}, True), ({"stackId": "an-earlier-one"}, False)], ids=["made", "chosen"]
)
def test_only_an_id_that_somebody_set_takes_other_volumes(changes: dict[str, object], ignored: bool) -> None:
    found = declared(**changes)
    for name in ("elasticsearch", "elasticsearch-backups"):
        options = one(found, VOLUME, name).options
        assert options.retain_on_delete
        assert not options.delete_before_replace
        assert options.ignore_changes == (("driver", "driverOpts", "labels", "name") if ignored else ())


def test_the_volume_that_somebody_named_is_taken_and_the_backups_stay_those_of_the_stack() -> None:
    found = declared(elasticsearchVolume="jina-search-cpu-elasticsearch-data")
    data, backups = one(found, VOLUME, "elasticsearch"), one(found, VOLUME, "elasticsearch-backups")
    assert (data.inputs["name"], data.options.ignore_changes) == ("jina-search-cpu-elasticsearch-data", ())
    assert data.options.retain_on_delete
    assert backups.options.ignore_changes


@pytest.mark.parametrize("name", ["elasticsearch-data-removal", "elasticsearch-backups-removal"])
def test_volumes_go_by_a_program_that_runs_at_deletion_alone(name: str) -> None:
    inputs = one(declared(), COMMAND, name).inputs
    assert inputs["delete"].endswith(" -m components.commands.volume_removal")
    # Triggers would replace it, and so run its deletion in an update.
    assert not {"create", "update", "triggers"} & set(inputs)


@pytest.mark.parametrize(("given_up", "kept"), [("", "true"), (INDEX, "false")])
def test_backups_outlive_the_stack_unless_they_are_given_up(given_up: str, kept: str) -> None:
    found = declared(elasticsearchDeleteBackups=given_up, elasticsearchDeleteData=INDEX)
    told = environment(found, "elasticsearch-backups-removal")
    assert told["VOLUME_REMOVAL_KEPT_UNLESS_EMPTY"] == kept
    assert "VOLUME_REMOVAL_KEPT_UNLESS_EMPTY" not in environment(found, "elasticsearch-data-removal")


def test_the_node_is_started_after_what_checks_and_prepares_its_volumes() -> None:
    before = one(declared(), "docker:index/container:Container", "elasticsearch").dependencies
    for name in (
        "elasticsearch-version",
        "elasticsearch-backups",
        "elasticsearch-data-removal",
        "elasticsearch-backups-removal",
        "elasticsearch-port",
        "elasticsearch-password-file",
    ):
        assert any(urn.endswith(f"{COMMAND}::{name}") for urn in before), name


def test_what_a_program_is_told_of_the_engine_is_the_same_on_every_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/another.sock")
    told = [item.inputs["environment"] for item in declared() if item.type == COMMAND]
    assert len(told) > 10
    assert [one for one in told if "another.sock" in str(one)] == []


@pytest.mark.parametrize(
    ("changes", "password"), [({}, "generated"), ({"elasticsearchPassword": "my-own-word"}, "my-own-word")]
)
def test_everything_asks_the_node_with_the_password_that_its_superuser_has(
    changes: dict[str, object], password: str
) -> None:
    found = declared(**changes)
    asking = [item for item in found if item.type.startswith(DYNAMIC) and "managed" in item.inputs]
    assert len(asking) >= 6
    for item in asking:
        assert (item.inputs["password"], item.inputs["cluster_uuid"]) == (password, "the-cluster"), item.name
    assert one(found, f"{DYNAMIC}Superuser").secrets >= {"generated", "wanted"}


def test_another_password_replaces_no_container() -> None:
    made = [declared(), declared(elasticsearchPassword="my-own-word")]
    node = [one(found, "docker:index/container:Container", "elasticsearch").inputs for found in made]
    # The id of the image is the number of a resource on mocks.
    assert {**node[0], "image": ""} == {**node[1], "image": ""}


def test_no_resource_of_the_docker_provider_is_given_the_password() -> None:
    found = declared(elasticsearchPassword="my-own-word")
    given = [
        item.name for item in found if item.type.startswith("docker:") and "my-own-word" in str(item.inputs)
    ]
    assert given == []
    inputs = one(found, "docker:index/container:Container", "elasticsearch").inputs
    assert {mount["target"] for mount in inputs["mounts"]} >= {"/run/secrets/stack"}
    told = environment(found, "elasticsearch-password-file")
    assert told["SECRET_DELIVERY_OWNER"] == "1000:0"
    assert told["SECRET_DELIVERY_VOLUME"] == "jina-search-cpu-elasticsearch-password"


def test_an_external_cluster_has_no_volumes_of_ours() -> None:
    found = declared(elasticsearchUrl="https://es.test:9200", elasticsearchApiKey="hunter2")
    assert [item.name for item in found if item.type == VOLUME] == ["gateway"]
    assert one(found, f"{DYNAMIC}Index").inputs["cluster_uuid"] == ""
