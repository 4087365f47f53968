"""What 0.1.0 wrote is read as what it was: identities, and states that lack later inputs."""

import pytest
from pulumi.dynamic import DiffResult

from components.elasticsearch.client.connection import Connection
from components.elasticsearch.dynamic.values import is_managed
from components.elasticsearch.identity import Identity
from tests.contract.elasticsearch.stack_resources import PROVIDERS
from tests.fixtures.written_by_0_1_0 import MODES, Mode, written

LATER = {"owner": "jina-search-cpu-0a1b2c", "managed": True}


@pytest.mark.parametrize("mode", MODES)
def test_every_identity_is_read(mode: Mode) -> None:
    found = written(mode)
    noted = {index: body["mappings"]["_meta"] for index, body in found.cluster["indices"].items()}
    assert noted
    for index, meta in noted.items():
        read = Identity.from_meta(meta, index)
        assert meta["identity"].items() <= read.as_dict().items(), index
    current = Identity.from_meta(noted[found.current], found.current)
    for name in ("check", "index", "documents"):
        assert Identity.from_json(found.outputs(name)["identity"]) == current


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", PROVIDERS)
def test_what_came_later_is_a_change_in_place(mode: Mode, name: str) -> None:
    found = written(mode)
    if name not in found.state(Connection(url="http://es.test:9200"), ""):
        return
    outputs = found.outputs(name)
    provider = PROVIDERS[name]
    same: DiffResult = provider.diff("id", outputs, {**outputs, **LATER})
    assert (same.changes, same.replaces) == (True, [])
    assert provider.changes(outputs, {**outputs, **LATER}) == sorted(LATER)


@pytest.mark.parametrize("mode", MODES)
def test_only_a_guard_says_that_the_node_is_the_stacks_own(mode: Mode) -> None:
    found = written(mode)
    assert {name for name in ("node guard", "guard") if is_managed(found.outputs(name))} == {
        "node guard",
        "guard",
    }
    assert not is_managed(found.outputs("index"))
