"""Which version may be put over which data, and how versions are found."""

import json

import pytest

from components.commands import version_check
from components.commands.version_check import LABEL, Version, require_readable, version_of
from components.program.errors import CheckError
from tests.unit.docker_double import DockerDouble


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ((9, 5, 3), (9, 5, 3)),
        ((9, 5, 3), (9, 5, 4)),
        ((9, 5, 3), (10, 0, 0)),
        (None, (9, 5, 3)),
        ((9, 5, 3), None),
    ],
)
def test_the_same_and_newer_versions_pass_and_so_does_what_cant_be_known(
    there: Version | None, wanted: Version | None
) -> None:
    require_readable(there, wanted, "the-node")


@pytest.mark.parametrize(
    ("there", "wanted", "says"),
    [
        (
            (9, 5, 3),
            (9, 5, 2),
            r"Elasticsearch 9\.5\.2, and 9\.5\.3 wrote.*left as it is.*9\.5\.3 or newer",
        ),
        ((9, 5, 3), (9, 4, 9), "no older version can read it"),
        ((9, 5, 3), (8, 19, 0), "no older version can read it"),
        ((9, 5, 3), (11, 0, 0), r"data of version 10 at the oldest.*the last 10\.x"),
    ],
)
def test_what_could_not_read_the_data_is_refused_with_what_to_do(
    there: Version, wanted: Version, says: str
) -> None:
    with pytest.raises(CheckError, match=says):
        require_readable(there, wanted, "the-node")


LABELLED = {"Config": {"Labels": {"org.opencontainers.image.version": "9.5.3"}}, "RepoTags": ["x:1.2.3"]}


@pytest.mark.parametrize(
    ("image", "name", "version"),
    [
        (LABELLED, "elasticsearch:9.4.0", (9, 5, 3)),
        ({}, "elasticsearch:9.5.3", (9, 5, 3)),
        ({}, "registry.test:5000/elasticsearch:9.6.0-SNAPSHOT", (9, 6, 0)),
        ({}, "registry.test:5000/elasticsearch", None),
        ({}, "elasticsearch:9.5.3@sha256:abc", (9, 5, 3)),
        ({"RepoTags": ["elasticsearch:9.5.3"]}, "sha256:0123456789", (9, 5, 3)),
        ({"Config": {"Labels": None}, "RepoTags": None}, "elasticsearch:latest", None),
        # An image on Ubuntu may have the label of its base.
        ({"Config": {"Labels": {"org.opencontainers.image.version": "24.04"}}}, "mine:9.5.3", (9, 5, 3)),
    ],
)
def test_a_version_is_that_of_the_label_else_that_of_a_tag(
    image: dict[str, object], name: str, version: Version | None
) -> None:
    assert version_of(image, name) == version


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ("9.5.4", "Elasticsearch 9.5.4 may use volume v"),
        ("", "Elasticsearch of an unknown version may use volume v"),
        ("9.5.2", ""),
    ],
)
def test_only_containers_with_the_data_in_its_place_count(
    docker: DockerDouble, monkeypatch: pytest.MonkeyPatch, wanted: str, told: str
) -> None:
    for name, value in {"IMAGE_NAME": "es", "IMAGE": "new", "VOLUME": "v", "FOLDER": "/data"}.items():
        monkeypatch.setenv(f"VERSION_CHECK_{name}", value)
    node = {"Name": "/node", "Image": "old", "Config": {"Image": "es:9.5.3"}}
    mounted = [{"Name": "v", "Destination": "/data"}]
    looking = {"Name": "/looking", "Image": "older", "Config": {"Image": "es:9.9.9"}, "Mounts": []}
    docker.says("ps*--all*volume=v", "c1 c2")
    docker.says("inspect*", json.dumps([{**node, "Mounts": mounted}, looking]))
    if wanted:
        docker.says("image?inspect?new", json.dumps([{"Config": {"Labels": {LABEL: wanted}}}]))
    if told:
        assert version_check.work() == told
    else:
        with pytest.raises(CheckError, match=r"9\.5\.3 wrote the data, in container node"):
            version_check.work()
