"""The provider protocol around a resource type, called as the engine calls it."""

from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2

from sandbox.providers.engine_log import EngineLog
from sandbox.providers.protos import provider_pb2, status_pb2
from sandbox.providers.provider import Plugin, Provider
from sandbox.providers.resource import (
    Live,
    ProviderError,
)
from sandbox.providers.values import UNKNOWN, Properties, Secret, decode, encode
from tests.unit.sandbox.providers.thing import FAILS, SCHEMA, TOKEN, Thing

URN = f"urn:pulumi:stack::project::a:b:Parent${TOKEN}::thing"
DIFF = provider_pb2.DiffResponse


class AbortedError(Exception):
    """What a context raises when a call is aborted."""


class Context:
    """A call's context that keeps what the provider tells the engine."""

    def __init__(self) -> None:
        self.code: Any = None
        self.trailing: dict[str, bytes] = {}

    def abort(self, code: grpc.StatusCode, details: str) -> None:
        self.code = code
        raise AbortedError(details)

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        self.trailing = dict(metadata)


@pytest.fixture
def thing() -> Thing:
    return Thing()


@pytest.fixture
def provider(thing: Thing) -> Provider:
    return Provider(Plugin("test", "1.0.0", SCHEMA, frozenset({"host"}), lambda _: [thing]), EngineLog())


@pytest.fixture
def context() -> Context:
    return Context()


def check(
    provider: Provider, news: Properties, olds: Properties | None = None
) -> tuple[Properties, dict[str, str]]:
    """Return the checked inputs and the failures by property."""
    request = provider_pb2.CheckRequest(
        urn=URN, olds=encode(olds or {}), news=encode(news), randomSeed=b"seed"
    )
    response = provider.Check(request, Context())
    return decode(response.inputs), {failure.property: failure.reason for failure in response.failures}


def kept(context: Context) -> tuple[str, list[str], Properties]:
    """Return the id, reasons and properties of what a failure hands to the engine to keep."""
    status = status_pb2.Status.FromString(context.trailing["grpc-status-details-bin"])
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(detail)
    return detail.id, list(detail.reasons), decode(detail.properties)


def test_a_name_is_made_once_and_kept(provider: Provider) -> None:
    made, failures = check(provider, {"size": 1})
    assert failures == {}
    assert made["name"].startswith("thing-")
    assert check(provider, {"size": 1})[0] == made
    assert check(provider, {"size": 1}, {"name": "thing-0000000"})[0]["name"] == "thing-0000000"
    assert check(provider, {"size": 1, "name": "chosen"})[0]["name"] == "chosen"


def test_what_the_stand_in_does_not_implement_is_refused_by_name(
    provider: Provider, context: Context
) -> None:
    ports = [{"internal": 1}, {"internal": 2, "ip": "::1"}]
    _, failures = check(provider, {"size": 1, "labels": {"a": "b"}, "ports": ports})
    assert failures.keys() == {"labels", "ports.ip"}
    assert "the test stand-in does not implement" in failures["labels"]
    assert "is not a property that the SDK knows" in check(provider, {"size": 1, "sise": 2})[1]["sise"]
    with pytest.raises(AbortedError, match=f"does not implement other:index:Type; it implements: {TOKEN}"):
        provider.Check(provider_pb2.CheckRequest(urn=URN.replace(TOKEN, "other:index:Type")), context)
    assert context.code is grpc.StatusCode.UNIMPLEMENTED


def test_provider_settings_that_are_not_known_are_refused(provider: Provider) -> None:
    request = provider_pb2.CheckRequest(news=encode({"host": "h", "registryAuth": "r", "version": "1.0.0"}))
    assert [failure.property for failure in provider.CheckConfig(request, Context()).failures] == [
        "registryAuth"
    ]


@pytest.mark.parametrize(
    ("old", "new", "replaces", "diffs"),
    [
        ({"size": 1}, {"size": 1}, [], []),
        ({"size": 1}, {"size": 1, "on": False}, [], []),
        ({"size": 1}, {"size": 1, "count": 2}, [], ["count"]),
        ({"size": 1, "count": 1}, {"size": 2, "count": 2}, ["size"], ["count", "size"]),
        ({"ports": [{"internal": 1}]}, {"ports": [{"internal": 2}]}, ["ports[0].internal"], ["ports"]),
        ({"size": 1}, {"size": UNKNOWN}, ["size"], ["size"]),
    ],
)
def test_a_diff_names_what_changes_and_what_replaces(
    provider: Provider, old: Properties, new: Properties, replaces: list[str], diffs: list[str]
) -> None:
    request = provider_pb2.DiffRequest(urn=URN, id="id", old_inputs=encode(old), news=encode(new))
    found = provider.Diff(request, Context())
    assert (list(found.replaces), list(found.diffs)) == (replaces, diffs)
    assert found.changes == (DIFF.DIFF_SOME if diffs else DIFF.DIFF_NONE)
    assert found.deleteBeforeReplace is bool(replaces)


def test_a_preview_of_create_asks_nothing_and_leaves_outputs_unknown(
    provider: Provider, thing: Thing
) -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=encode({"name": "n", "size": 1}), preview=True)
    foreseen = decode(provider.Create(request, Context()).properties)
    assert (foreseen["name"], foreseen["size"], foreseen["made"]) == ("n", 1, UNKNOWN)
    assert thing.asked == []


@pytest.mark.parametrize("name", ["n", Secret("n")])
def test_of_a_secret_input_the_output_is_secret_and_what_quotes_it_is_in_clear(
    provider: Provider, thing: Thing, name: Any
) -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=encode({"name": name, "size": 1}))
    response = provider.Create(request, Context())
    assert response.id == "id-1"
    assert decode(response.properties) == {"name": name, "size": 1, "made": "of n"}
    assert thing.asked == [{"name": "n", "size": 1}]


def test_a_failure_tells_the_reason_with_the_secrets_that_are_in_it(
    provider: Provider, context: Context
) -> None:
    properties = {"name": "nothing", "size": 1, "envs": Secret(["KEY=hunter2"])}
    with pytest.raises(AbortedError) as failure:
        provider.Create(provider_pb2.CreateRequest(urn=URN, properties=encode(properties)), context)
    assert str(failure.value) == "no engine for ['KEY=hunter2'] and nothing"
    assert context.trailing == {}


def test_a_half_made_resource_is_handed_to_the_engine_with_the_failure(
    provider: Provider, context: Context
) -> None:
    properties = {"name": "half", "size": 1}
    with pytest.raises(AbortedError, match="it half exists"):
        provider.Create(provider_pb2.CreateRequest(urn=URN, properties=encode(properties)), context)
    assert kept(context) == ("id-1", ["it half exists"], {**properties, "made": "of half"})


def read(provider: Provider, inputs: Properties, context: Context) -> Any:
    """Return the response to a Read."""
    empty = struct_pb2.Struct()
    return provider.Read(
        provider_pb2.ReadRequest(id="id-1", urn=URN, inputs=encode(inputs), properties=empty), context
    )


def test_a_refresh_takes_over_what_differs_and_keeps_secrets_secret(
    provider: Provider, thing: Thing, context: Context
) -> None:
    thing.live = Live("id-1", {"name": "other"}, {"made": "differently"})
    response = read(provider, {"name": Secret("n"), "size": 1}, context)
    assert decode(response.inputs) == {"name": Secret("other"), "size": 1}
    assert decode(response.properties)["made"] == "differently"


def test_what_is_gone_is_read_with_an_empty_id(provider: Provider, context: Context) -> None:
    assert read(provider, {"name": "n"}, context).id == ""


def test_an_import_is_refused(provider: Provider, context: Context) -> None:
    with pytest.raises(AbortedError, match="cannot import or look up"):
        read(provider, {}, context)


def test_an_update_gets_what_was_computed_before_and_delete_too(provider: Provider, thing: Thing) -> None:
    old, new = {"name": "n", "size": 1}, {"name": "n", "size": 1, "count": 2}
    state = encode({**old, "made": "of n"})
    request = provider_pb2.UpdateRequest(
        id="id-1", urn=URN, olds=state, old_inputs=encode(old), news=encode(new), preview=False
    )
    assert decode(provider.Update(request, Context()).properties) == {**new, "made": "anew"}
    request.preview = True
    assert decode(provider.Update(request, Context()).properties)["made"] == "of n"
    provider.Delete(
        provider_pb2.DeleteRequest(id="id-1", urn=URN, properties=state, old_inputs=encode(old)), Context()
    )
    assert thing.asked == [({**old, "made": "of n"}, new, {"made": "of n"}), ("id-1", old, {"made": "of n"})]


def test_of_an_update_that_fails_the_new_inputs_are_the_state(provider: Provider, context: Context) -> None:
    old, new = {"name": "n", "size": 1}, {"name": "n", "size": 1, "count": FAILS}
    request = provider_pb2.UpdateRequest(
        id="id-1", urn=URN, olds=encode({**old, "made": "of n"}), old_inputs=encode(old), news=encode(new)
    )
    with pytest.raises(AbortedError, match="it stays as it was"):
        provider.Update(request, context)
    assert kept(context) == ("id-1", ["it stays as it was"], {**new, "made": "of n"})


def test_a_provider_that_cannot_be_configured_says_why(thing: Thing, context: Context) -> None:
    def refuse(made: Any) -> None:
        raise ProviderError(f"no engine for {len(made)}")

    provider = Provider(Plugin("test", "1.0.0", SCHEMA, frozenset(), lambda _: [thing], refuse), EngineLog())
    with pytest.raises(AbortedError, match="no engine for 1"):
        provider.Configure(provider_pb2.ConfigureRequest(), context)
