"""What the dynamic providers of Elasticsearch share: comparison of inputs, outputs that echo them, absent clusters."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from components.dynamic_provider import StackProvider, is_unknown
from components.elasticsearch.client.client import Client, ClusterPatience
from components.elasticsearch.cluster import presence
from components.elasticsearch.dynamic.values import (
    CONNECTION,
    SECRETS,
    Values,
    connection_of,
    inputs_of,
    is_managed,
)
from components.elasticsearch.errors import CredentialsError, UnavailableError, UnreachableError

READING = ClusterPatience(unreachable=30, longest_pause=2)
DELETING = ClusterPatience(limit=30, unreachable=15, longest_pause=2)
"""Enough for a node that restarts; one that is gone keeps a destroy waiting for this long once."""


def client_of(values: Mapping[str, Any], patience: ClusterPatience | None = None) -> Client:
    """Return a client for the cluster that a resource's inputs or outputs describe."""
    return Client(connection_of(values), patience)


class ClusterProvider(StackProvider):
    """A provider whose resources live in an Elasticsearch cluster.

    A subclass says which inputs are its name (`replaced_by`), which mean nothing to the cluster (`local`), and which
    outputs it computes; it defines `apply`, `live` and `remove`. `called` is what people call its things; it is empty
    for those that leave nothing in the cluster.
    """

    called: ClassVar[str] = ""
    name_key: ClassVar[str] = ""
    replaced_by: ClassVar[tuple[str, ...]] = ()
    local: ClassVar[tuple[str, ...]] = CONNECTION
    computed: ClassVar[tuple[str, ...]] = ()
    # The check has seen the cluster a moment ago: one that is gone now restarts, which takes its time.
    patience: ClassVar[ClusterPatience] = ClusterPatience(unreachable=120)

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
        """Return what the cluster tells now in place of what was wanted, so that the next update mends it.

        What lives in the stack's own node is gone with it when that does not answer; what lives in another cluster is
        then taken to be unchanged.
        """
        known = inputs_of(props)
        try:
            live = self._live({**known, "adopt": ""})
        except UnreachableError as error:
            if is_managed(known):
                print(
                    f"{self._name(known)}: the stack's node does not answer, so it counts as gone.",
                    flush=True,
                )
                return ReadResult("", {})
            print(f"{self._name(known)} was not looked at, and counts as unchanged. {error}", flush=True)
            live = {}
        if live is None:
            return ReadResult("", {})
        outs = {**known, **live}
        return ReadResult(id_, outs, inputs_of(outs, self.computed))

    def delete(self, _id: str, _props: Values) -> None:
        """Delete the thing; what lives in a cluster that is gone is left to it, with a line that says so.

        Whether documents may go is not decided here: the guards of the stack refuse while they cannot see.
        """
        # Taking over what another stack made is for updates alone.
        known = {**inputs_of(_props), "adopt": ""}
        try:
            self._remove(known)
        except UnreachableError:
            if not self.called:
                raise
            print(self._left(known, "does not answer"), flush=True)
        except (CredentialsError, UnavailableError):
            # The guards have agreed: the node goes, and needs nothing taken out of it first.
            if not self.called or not is_managed(known):
                raise
            print(self._left(known, "answers nothing of use"), flush=True)

    def _live(self, known: Values) -> Values | None:
        if not self.called:
            with client_of(known) as client:
                return self.live(client, known)
        with presence.patient(str(known["url"]), READING) as patience, client_of(known, patience) as client:
            presence.require_answer(client)
            return self.live(client, known)

    def _remove(self, known: Values) -> None:
        if not self.called:
            with client_of(known, DELETING) as client:
                self.remove(client, known)
            return
        with presence.patient(str(known["url"]), DELETING) as patience, client_of(known, patience) as client:
            presence.require_answer(client)
            self.remove(client, known)

    def _name(self, known: Values) -> str:
        return f"{self.called or type(self).__name__} {known[self.name_key]}"

    def _left(self, known: Values, why: str) -> str:
        where = connection_of(known).shown_url
        if is_managed(known):
            return f"{self._name(known)} was left to go with the stack's node at {where}, which {why}."
        return f"{self._name(known)} remains at {where}, which {why}."


def secret_outputs(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """Return options that keep credentials encrypted in the state."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(additional_secret_outputs=list(SECRETS)))
