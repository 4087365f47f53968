"""What every provider does: what is a change, what is asked for it, and that nothing is asked for none."""

import importlib
import pkgutil
import subprocess
import sys
from typing import Any

import pytest
from pulumi.output import UNKNOWN

from components.elasticsearch import dynamic
from components.elasticsearch.dynamic.cluster_check import ClusterCheckProvider
from components.elasticsearch.dynamic.deletion_guard import DeletionGuardProvider
from components.elasticsearch.dynamic.index import IndexProvider
from components.elasticsearch.dynamic.inference_endpoint import InferenceEndpointProvider
from components.elasticsearch.dynamic.password import PasswordProvider
from components.elasticsearch.dynamic.provider import ClusterProvider
from components.elasticsearch.dynamic.superuser import SuperuserProvider
from tests.unit.elasticsearch.dynamic.resources import (
    CONNECTION,
    GONE,
    INPUTS,
    PROVIDERS,
    REPLACED_BY,
    inputs,
    outputs,
)
from tests.unit.elasticsearch.recording import RecordedCluster, missing


def test_each_provider_of_a_thing_in_the_cluster_is_in_the_tables() -> None:
    for module in pkgutil.iter_modules(dynamic.__path__, f"{dynamic.__name__}."):
        importlib.import_module(module.name)
    assert set(ClusterProvider.__subclasses__()) - {SuperuserProvider} == set(PROVIDERS)


@pytest.mark.parametrize("kind", PROVIDERS)
def test_equal_inputs_are_no_change(kind: type[ClusterProvider]) -> None:
    checked = kind().check(outputs(kind), inputs(kind))
    assert (checked.inputs, checked.failures) == (inputs(kind), [])
    found = kind().diff("id", outputs(kind), inputs(kind))
    assert (found.changes, found.replaces, found.delete_before_replace) == (False, [], False)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (kind, key)
        for kind in PROVIDERS
        for key in (*CONNECTION, *INPUTS[kind])
        if key not in ("schema_version", "concrete_index")
    ],
)
def test_every_input_is_compared_and_may_be_unknown(kind: type[ClusterProvider], key: str) -> None:
    for value in ("another", UNKNOWN):
        provider = kind()
        news = provider.check(outputs(kind), inputs(kind, **{key: value})).inputs
        found = provider.diff("id", outputs(kind), news)
        assert found.changes is True
        assert found.replaces == ([key] if REPLACED_BY.get(kind) == key and value == "another" else [])


@pytest.mark.parametrize("kind", [kind for kind in PROVIDERS if kind is not ClusterCheckProvider])
@pytest.mark.parametrize("changed", [{"password": "new"}, {"api_key": "new"}, {"ca_certificate": "/c.pem"}])
def test_other_credentials_are_noted_without_a_request(
    kind: type[ClusterProvider], changed: dict[str, Any], cluster: RecordedCluster
) -> None:
    if kind is InferenceEndpointProvider:
        assert "embeddings_api_key" not in kind.local
    outs = kind().update("id", outputs(kind), inputs(kind, **changed)).outs
    expected = {key: value for key, value in outputs(kind).items() if key != "__provider"}
    assert outs == {**expected, **changed}
    assert cluster.asked == []


@pytest.mark.parametrize("kind", [IndexProvider, DeletionGuardProvider])
def test_giving_up_documents_asks_nothing_of_the_cluster(
    kind: type[ClusterProvider], cluster: RecordedCluster
) -> None:
    outs = kind().update("id", outputs(kind), inputs(kind, delete_data="jina-demo")).outs
    assert outs is not None
    assert outs["delete_data"] == "jina-demo"
    assert cluster.asked == []


@pytest.mark.parametrize("kind", GONE)
def test_what_is_gone_is_read_as_an_empty_id(kind: type[ClusterProvider], cluster: RecordedCluster) -> None:
    cluster.answers[GONE[kind]] = missing()
    found = kind().read("id", outputs(kind))
    assert (found.id, found.outs) == ("", {})


def test_providers_hold_no_state() -> None:
    for provider in (*(kind() for kind in PROVIDERS), PasswordProvider()):
        assert vars(provider) == {}
        assert provider.serialize_as_secret_always is False


def test_previews_do_not_load_the_elasticsearch_client() -> None:
    program = "import sys, components.elasticsearch.component; print('elasticsearch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
