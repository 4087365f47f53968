"""Pulumi's provider protocol (`pulumirpc.ResourceProvider`) around the resource types of a stand-in.

`pulumi.provider.experimental` is not used. It can't report a resource that exists although its creation failed, gives
the old inputs to neither updates nor deletions, and loads the whole SDK, which doubles the time of each start.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import empty_pb2

from sandbox.providers import checking, schema
from sandbox.providers.diff import Difference, changes
from sandbox.providers.diff_response import diff_response
from sandbox.providers.engine_log import EngineLog
from sandbox.providers.error_reporting import errors_reported
from sandbox.providers.protos import plugin_pb2, provider_pb2, provider_pb2_grpc
from sandbox.providers.resource import Operation, Resource
from sandbox.providers.values import (
    UNKNOWN,
    Properties,
    Secret,
    Unknown,
    decode,
    encode,
    holds_secret,
    plain,
)


@dataclass(frozen=True)
class Plugin:
    """What a provider is made of."""

    name: str
    version: str
    schema: schema.Schema
    configuration: frozenset[str]
    """The provider settings that the stand-in knows; others are refused."""
    resources: Callable[[Mapping[str, Any]], Sequence[Resource]]
    """Makes the resource types from the provider's settings, without touching anything outside."""
    configure: Callable[[Sequence[Resource]], None] = lambda _: None
    """Does what the provider does before its first operation, also in a preview. Raises ProviderError."""


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One running provider. The protocol's methods are called from several threads."""

    def __init__(self, plugin: Plugin, log: EngineLog) -> None:
        self._plugin = plugin
        self._log = log
        self._cancelled = threading.Event()
        self._resources = {resource.token: resource for resource in plugin.resources({})}

    # -- the provider itself

    def Handshake(self, request: Any, context: Any) -> Any:
        if request.engine_address:
            self._log.connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: Any, context: Any) -> Any:
        self._log.connect(request.address)
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self._plugin.version)

    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        known = self._plugin.configuration | {"version", "pluginDownloadURL"}
        unknown = [
            provider_pb2.CheckFailure(
                property=name,
                reason=f"the {self._plugin.name} stand-in does not implement this provider setting",
            )
            for name in decode(request.news)
            if name not in known and not name.startswith("__")
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=unknown)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        old = decode(request.old_inputs) or decode(request.olds)
        found = {
            path: Difference(change, True)
            for path, change in changes(old, decode(request.news)).items()
            if path != "version"
        }
        return diff_response(found, delete_first=False)

    def Configure(self, request: Any, context: Any) -> Any:
        settings = plain(decode(request.args))
        known = {name: value for name, value in settings.items() if not isinstance(value, Unknown)}
        made = self._plugin.resources(known)
        with errors_reported(context):
            self._plugin.configure(made)
        self._resources = {resource.token: resource for resource in made}
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:
        self._cancelled.set()
        return empty_pb2.Empty()

    # -- resources

    def Check(self, request: Any, context: Any) -> Any:
        inputs = decode(request.news)
        resource, operation = self._resource(request.urn, context)
        if resource.autonamed and "name" not in inputs:
            inputs["name"] = decode(request.olds).get("name") or _random_name(
                operation.name, request.randomSeed
            )
        found = checking.failures(resource.token, inputs, self._plugin.schema)
        found = found or [
            checking.Failure(
                name,
                f"is a property that the {self._plugin.name} stand-in does not implement; "
                "it works with the official plugin only",
            )
            for name in sorted(resource.not_implemented(plain(inputs)))
        ]
        if not found:
            with errors_reported(context):
                inputs, found = resource.check(inputs, operation)
        failures = [provider_pb2.CheckFailure(property=path, reason=reason) for path, reason in found]
        return provider_pb2.CheckResponse(inputs=encode(inputs), failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:
        resource, _ = self._resource(request.urn, context)
        found = resource.differences(
            decode(request.old_inputs),
            decode(request.olds),
            decode(request.news),
            list(request.ignoreChanges),
        )
        return diff_response(found, delete_first=resource.delete_before_replace)

    def Create(self, request: Any, context: Any) -> Any:
        inputs = decode(request.properties)
        resource, operation = self._resource(request.urn, context)
        if request.preview:
            return provider_pb2.CreateResponse(properties=encode(self._foreseen(resource, inputs)))
        with errors_reported(context, lambda created: _outputs(inputs, created.computed)):
            created = resource.create(plain(inputs), operation)
        outputs = _outputs(inputs, created.computed)
        return provider_pb2.CreateResponse(id=created.id, properties=encode(outputs))

    def Read(self, request: Any, context: Any) -> Any:
        inputs = decode(request.inputs)
        resource, operation = self._resource(request.urn, context)
        if not inputs:
            reason = (
                f"the {self._plugin.name} stand-in cannot import or look up resources that it did not create"
            )
            context.abort(grpc.StatusCode.UNIMPLEMENTED, reason)
        with errors_reported(context):
            live = resource.read(request.id, plain(inputs), operation)
        if live is None:
            return provider_pb2.ReadResponse(id="")
        drift = {
            name: Secret(value) if holds_secret(inputs.get(name)) else value
            for name, value in live.drift.items()
        }
        current = {**inputs, **drift}
        outputs = {**decode(request.properties), **_outputs(current, live.computed)}
        return provider_pb2.ReadResponse(id=live.id, inputs=encode(current), properties=encode(outputs))

    def Update(self, request: Any, context: Any) -> Any:
        state, new = decode(request.olds), decode(request.news)
        resource, operation = self._resource(request.urn, context)
        inputs = decode(request.old_inputs).keys() | new.keys()
        computed = {name: value for name, value in state.items() if name not in inputs}
        if request.preview:
            kept = {} if resource.recomputed else computed
            return provider_pb2.UpdateResponse(
                properties=encode({**self._foreseen(resource, new), **kept, **new})
            )
        with errors_reported(context, lambda made: _outputs(new, made.computed)):
            updated = resource.update(request.id, plain(state), plain(new), plain(computed), operation)
        return provider_pb2.UpdateResponse(properties=encode(_outputs(new, updated)))

    def Delete(self, request: Any, context: Any) -> Any:
        outputs, inputs = decode(request.properties), decode(request.old_inputs)
        resource, operation = self._resource(request.urn, context)
        computed = {name: value for name, value in outputs.items() if name not in inputs}
        with errors_reported(context):
            resource.delete(request.id, plain(inputs), plain(computed), operation)
        return empty_pb2.Empty()

    # -- common to them

    def _resource(self, urn: str, context: Any) -> tuple[Resource, Operation]:
        """Return the resource type of `urn`, and its operation."""
        token = urn.split("::")[2].rpartition("$")[2]
        resource = self._resources.get(token)
        if resource is None:
            served = ", ".join(sorted(self._resources))
            reason = f"the {self._plugin.name} stand-in does not implement {token}; it implements: {served}"
            context.abort(grpc.StatusCode.UNIMPLEMENTED, reason)
            raise AssertionError
        return resource, Operation(urn, self._log.reporter(urn), self._cancelled)

    def _foreseen(self, resource: Resource, inputs: Properties) -> Properties:
        """Return the outputs as far as a preview knows them."""
        names = self._plugin.schema.outputs[resource.token]
        return {**dict.fromkeys(names - inputs.keys(), UNKNOWN), **inputs}


def _outputs(inputs: Properties, computed: Properties) -> Properties:
    """Return the state: the inputs, with the computed values over them; a value of a secret input stays secret.

    Other outputs that contain a secret, such as what a command wrote, are in clear, as in the official providers.
    """
    kept = {
        name: Secret(value) if holds_secret(inputs.get(name)) else value for name, value in computed.items()
    }
    return {**inputs, **kept}


def _random_name(name: str, seed: bytes) -> str:
    """Return `name` with seven random hexadecimal digits, Pulumi's form; the seed makes preview and update agree."""
    digits = hashlib.sha256(seed or os.urandom(8)).hexdigest()[:7]
    return f"{name}-{digits}"
