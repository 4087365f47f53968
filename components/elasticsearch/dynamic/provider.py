"""What the dynamic providers of Elasticsearch share: connections, comparison of inputs, outputs that echo them."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from components.dynamic_provider import StackProvider, is_unknown
from components.elasticsearch.client import Client, Patience
from components.elasticsearch.connection import Connection

REACHED_BY = ("url", "api_key", "user", "password", "ca_certificate", "fingerprint")
CONNECTION = (*REACHED_BY, "managed")
"""How the cluster is reached, and whether it is the stack's own node."""

SECRETS = ("api_key", "password", "embeddings_api_key")
SCHEMA_VERSION = "1"
"""Of the inputs and outputs below; a later version reads this one's states in `diff` and `update`."""

PROVIDER = "__provider"

Values = dict[str, Any]


def connection_of(values: Mapping[str, Any]) -> Connection:
    """Return the connection that a resource's inputs or outputs describe."""
    reached_by = {key: str(values.get(key) or "") for key in REACHED_BY}
    return Connection(**reached_by, managed=bool(values.get("managed")))


def client_of(values: Mapping[str, Any], patience: Patience | None = None) -> Client:
    """Return a client for the cluster that a resource's inputs or outputs describe."""
    return Client(connection_of(values), patience)


def inputs_of(values: Mapping[str, Any], computed: tuple[str, ...] = ()) -> Values:
    """Return inputs out of outputs, which echo them and add what was computed."""
    return {key: value for key, value in values.items() if key != PROVIDER and key not in computed}


class ClusterProvider(StackProvider):
    """A provider whose resources live in an Elasticsearch cluster.

    A subclass says which inputs are its name (`replaced_by`), which mean nothing to the cluster (`local`), and which
    outputs it computes; it defines `apply`, `live` and `remove`.
    """

    name_key: ClassVar[str] = ""
    replaced_by: ClassVar[tuple[str, ...]] = ()
    local: ClassVar[tuple[str, ...]] = CONNECTION
    computed: ClassVar[tuple[str, ...]] = ()
    # The check has seen the cluster a moment ago: one that is gone now restarts, which takes its time.
    patience: ClassVar[Patience] = Patience(unreachable=120)

    def apply(self, client: Client, olds: Values | None, news: Values) -> Values:
        """Make the cluster as `news` says; return the computed outputs. `olds` are the outputs before, if any."""
        raise NotImplementedError

    def live(self, client: Client, values: Values) -> Values | None:
        """Return those inputs and computed outputs that the cluster tells now; None when the thing is gone."""
        raise NotImplementedError

    def remove(self, client: Client, values: Values) -> None:
        """Delete the thing; not being there is no error."""
        raise NotImplementedError

    def check(self, _olds: Values, news: Values) -> CheckResult:
        """Accept all inputs: settings are validated before anything is declared."""
        return CheckResult(news, [])

    def diff(self, _id: str, _olds: Values, _news: Values) -> DiffResult:
        """Compare inputs with the outputs that echo them; one that is not known yet may be another."""
        changed = self.changes(_olds, _news)
        replaces = [key for key in changed if key in self.replaced_by and not is_unknown(_news[key])]
        return DiffResult(changes=bool(changed), replaces=replaces, delete_before_replace=False)

    def changes(self, olds: Values, news: Values) -> list[str]:
        """Return the inputs that are, or may be, another than before."""
        wanted = inputs_of(news, self.computed)
        return sorted(key for key in wanted if is_unknown(wanted[key]) or olds.get(key) != wanted[key])

    def create(self, props: Values) -> CreateResult:
        """Make the thing, or adopt what an interrupted run made."""
        wanted = inputs_of(props, self.computed)
        with client_of(wanted, self.patience) as client:
            computed = self.apply(client, None, wanted)
        return CreateResult(str(wanted[self.name_key]), {**wanted, **computed})

    def update(self, _id: str, _olds: Values, _news: Values) -> UpdateResult:
        """Change the thing; what means nothing to the cluster is only noted, without a request."""
        wanted = inputs_of(_news, self.computed)
        if set(self.changes(_olds, _news)) <= set(self.local):
            return UpdateResult({**wanted, **{key: _olds[key] for key in self.computed if key in _olds}})
        with client_of(wanted, self.patience) as client:
            computed = self.apply(client, _olds, wanted)
        return UpdateResult({**wanted, **computed})

    def read(self, id_: str, props: Values) -> ReadResult:
        """Return what the cluster tells now in place of what was wanted, so that the next update mends it."""
        known = inputs_of(props)
        with client_of(known) as client:
            live = self.live(client, known)
        if live is None:
            return ReadResult("", {})
        outs = {**known, **live}
        return ReadResult(id_, outs, inputs_of(outs, self.computed))

    def delete(self, _id: str, _props: Values) -> None:
        """Delete the thing."""
        known = inputs_of(_props)
        with client_of(known) as client:
            self.remove(client, known)


def secret_outputs(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """Return options that keep credentials encrypted in the state."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=list(SECRETS)))


def versioned(values: Mapping[str, Any]) -> Values:
    """Return the inputs of a resource with the version of their schema."""
    return {**values, "schema_version": SCHEMA_VERSION}
