"""The base of the Elasticsearch providers: compares inputs, repeats them in outputs, and deals with absent clusters."""

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
"""Long enough for a node that restarts; a node that is gone delays a destroy by this much, once."""


def client_of(values: Mapping[str, Any], patience: ClusterPatience | None = None) -> Client:
    """Return a client for the cluster that a resource's inputs or outputs describe."""
    return Client(connection_of(values), patience)


class ClusterProvider(StackProvider):
    """A provider whose resources live in an Elasticsearch cluster.

    A subclass says which inputs are its name (`replaced_by`), which mean nothing to the cluster (`local`), and which
    outputs it computes (`computed`); it defines `apply`, `live` and `remove`. `called` is the word for its resources in
    messages; it is empty for resources that leave nothing in the cluster.
    """

    called: ClassVar[str] = ""
    name_key: ClassVar[str] = ""
    replaced_by: ClassVar[tuple[str, ...]] = ()
    local: ClassVar[tuple[str, ...]] = CONNECTION
    computed: ClassVar[tuple[str, ...]] = ()
    # Inputs that are left out where they say nothing: so a stack of before, which has none, shows no change.
    optional: ClassVar[tuple[str, ...]] = ("siblings",)
    # The cluster check reached the cluster a moment ago: one that does not answer now is probably restarting.
    patience: ClassVar[ClusterPatience] = ClusterPatience(unreachable=120)

    def apply(self, client: Client, olds: Values | None, news: Values) -> Values:
        """Make the cluster as `news` says; return the computed outputs. `olds` are the previous outputs, if any."""
        raise NotImplementedError

    def live(self, client: Client, values: Values) -> Values | None:
        """Return the inputs and computed outputs that can be read from the cluster; None when the resource is gone."""
        raise NotImplementedError

    def remove(self, client: Client, values: Values) -> None:
        """Delete the resource from the cluster; it is no error when the resource is not there."""
        raise NotImplementedError

    def check(self, _olds: Values, news: Values) -> CheckResult:
        """Accept all inputs: settings are validated before anything is declared."""
        return CheckResult(news, [])

    def diff(self, _id: str, _olds: Values, _news: Values) -> DiffResult:
        """Compare inputs with the outputs that repeat them; an input that is not known yet counts as changed."""
        changed = self.changes(_olds, _news)
        replaces = [key for key in changed if key in self.replaced_by and not is_unknown(_news[key])]
        return DiffResult(changes=bool(changed), replaces=replaces, delete_before_replace=False)

    def changes(self, olds: Values, news: Values) -> list[str]:
        """Return the names of the inputs that changed, or may have changed because they are not known yet."""
        wanted = inputs_of(news, self.computed)
        left_out = [key for key in self.optional if olds.get(key) and key not in wanted]
        changed = [key for key in wanted if is_unknown(wanted[key]) or olds.get(key) != wanted[key]]
        return sorted([*changed, *left_out])

    def create(self, props: Values) -> CreateResult:
        """Create the resource, or adopt what an interrupted run created."""
        wanted = inputs_of(props, self.computed)
        with client_of(wanted, self.patience) as client:
            computed = self.apply(client, None, wanted)
        return CreateResult(str(wanted[self.name_key]), {**wanted, **computed})

    def update(self, _id: str, _olds: Values, _news: Values) -> UpdateResult:
        """Change the resource; when only `local` inputs changed, note them in the state without a request."""
        wanted = inputs_of(_news, self.computed)
        if set(self.changes(_olds, _news)) <= set(self.local):
            return UpdateResult({**wanted, **{key: _olds[key] for key in self.computed if key in _olds}})
        with client_of(wanted, self.patience) as client:
            computed = self.apply(client, _olds, wanted)
        return UpdateResult({**wanted, **computed})

    def read(self, id_: str, props: Values) -> ReadResult:
        """Return the live values in place of the wanted ones, so that the next update repairs what differs.

        When the stack's own node does not answer, its resources count as gone; when another cluster does not answer,
        its resources count as unchanged.
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
        """Delete the resource; when its cluster does not answer, leave it there and print a line that says so.

        Whether documents may be deleted is not decided here: the guards of the stack refuse while they cannot see.
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
            # The guards have agreed: the node will be deleted, so nothing need be deleted from it first.
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
