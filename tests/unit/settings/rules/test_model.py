"""Model settings: where the Docker engine is decides how the file gets there; a license is never made up."""

import pytest

from components.settings import SettingsError
from components.settings.project import engine_settings as provider_settings
from components.settings.schema import JINA_LICENSE, JINA_REPOSITORY
from tests.unit.project import config_schema, engine_settings, stack_settings

HERE = [
    "",
    "unix:///var/run/docker.sock",
    "npipe:////./pipe/docker_engine",
    "tcp://127.0.0.1:2375",
    "tcp://localhost:2375",
    "tcp://[::1]:2375",
    "ssh://me@localhost",
]
ELSEWHERE = [
    "ssh://me@gpu-host",
    "ssh://gpu-host:22",
    "tcp://10.0.0.5:2376",
    "tcp://[fd00::5]:2376",
    "gpu-host:2375",
]


@pytest.mark.parametrize("host", HERE)
def test_an_engine_on_this_machine_takes_both_deliveries(host: str) -> None:
    deliveries = [
        engine_settings(host, "cpu", modelDelivery=one).model.delivery for one in ("mount", "volume")
    ]
    assert deliveries == ["mount", "volume"]


@pytest.mark.parametrize("host", ELSEWHERE)
def test_an_engine_on_another_machine_needs_the_model_in_a_volume(host: str) -> None:
    with pytest.raises(SettingsError) as raised:
        engine_settings(host, "cpu")
    (problem,) = raised.value.problems
    assert problem.startswith("modelDelivery is mount, but the Docker engine is on another machine")
    assert host in problem
    assert "pulumi config set modelDelivery volume" in problem

    settings = engine_settings(host, "cpu", modelDelivery="volume")
    assert (settings.engine.address, settings.model.delivery) == (host, "volume")


@pytest.mark.parametrize(
    ("values", "variables", "found"),
    [
        ({}, {}, ""),
        ({"docker:host": "ssh://a"}, {}, "ssh://a"),
        ({}, {"DOCKER_HOST": "ssh://b"}, "ssh://b"),
        ({"docker:host": "ssh://a"}, {"DOCKER_HOST": "ssh://b"}, "ssh://a"),
        ({"jina-search:host": "ssh://a", "docker:host": ""}, {"DOCKER_HOST": "ssh://b"}, "ssh://b"),
    ],
)
def test_the_engine_is_the_one_of_the_docker_provider(
    values: dict[str, str], variables: dict[str, str], found: str
) -> None:
    assert provider_settings(values, variables).address == found


def test_the_model_that_ships_names_its_license_and_whom_to_ask() -> None:
    schema = config_schema()
    assert (schema["modelRepository"]["default"], schema["modelLicense"]["default"]) == (
        JINA_REPOSITORY,
        JINA_LICENSE,
    )
    notice = stack_settings("cpu").model.license_notice
    for part in (
        "CC BY-NC 4.0",
        "https://creativecommons.org/licenses/by-nc/4.0/",
        "non-commercial",
        "sales@jina.ai",
    ):
        assert part in notice


def test_another_model_never_gets_a_license_that_was_not_set_for_it() -> None:
    assert stack_settings("cpu", modelRepository="me/mine").model.license_notice == "see the page of me/mine"
    named = stack_settings("cpu", modelRepository="me/mine", modelLicense="Apache-2.0")
    assert named.model.license_notice == "Apache-2.0"
