"""A stack and its people as a state machine: in whatever order they act, a successful `up` ends as wanted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import note
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from components.elasticsearch.client.client import Client
from components.elasticsearch.errors import ElasticsearchError
from tests.contract.elasticsearch.people import CONTENTS
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.elasticsearch.stale import mend
from tests.contract.elasticsearch.test_interruption import KilledError, killed_after
from tests.contract.migration import bystanders
from tests.contract.migration.bystanders import Bystanders
from tests.contract.migration.documents import FIELDS, whole, without_fields
from tests.contract.migration.outcomes import Outcome
from tests.contract.migration.scenario import Case, assert_tidy, judge

IDS = some.sampled_from([f"doc-{number}" for number in range(8)])
WORDS = some.sampled_from(["first", "second", "third", "fourth"])
DIMS = some.sampled_from([768, 512, 256, 64])
MODELS = some.sampled_from(["F16", "Q8_0"])
ELSEWHERE = "elsewhere"


class PeopleAndStack(RuleBasedStateMachine):
    """The model: `contents` are the acknowledged writes; `drifted` is true when somebody changed the stack's things.

    `died` are the settings of an update that did not end: until the next one, writers may be refused. `start` empties
    the node and returns a stack on it.
    """

    def __init__(self, start: Callable[[], Case]) -> None:
        super().__init__()
        self.start = start
        self.case: Case
        self.drifted = False
        self.alias_moved = False
        self.died: Wanted | None = None
        self.replicas = "0"
        self.fields: set[str] = set()
        self.outcomes: list[Outcome] = []

    @initialize()
    def begin(self) -> None:
        self.case = self.start()

    @property
    def client(self) -> Client:
        """The client through which people reach the node."""
        return self.case.client

    @rule(dims=DIMS, quant=MODELS)
    def up(self, dims: int, quant: str) -> None:
        """Change the settings and update.

        A refresh comes first when somebody edited the stack's things, or an update died on the way to other settings.
        """
        self.set_to(dims, quant)
        if self.drifted or (self.died is not None and self.died != self.case.wanted):
            self.case.stack.refresh()
        before = self.behind()
        self.case.stack.up(self.case.wanted)
        if self.behind() != before:
            # A migration copies no stale vector.
            self.case.half_updated.clear()
        self.drifted = self.alias_moved = False
        self.died = None
        self.assert_as_wanted()

    @rule(dims=DIMS, quant=MODELS, writes=some.integers(0, 14))
    def up_that_dies(self, dims: int, quant: str, writes: int) -> None:
        """Change the settings and update; only `writes` writing requests get through."""
        self.set_to(dims, quant)
        with pytest.MonkeyPatch.context() as patched, killed_after(writes, patched):
            try:
                self.case.stack.up(self.case.wanted)
            except KilledError:
                note(f"died after {writes} writes")
        self.died = self.case.wanted

    @rule(one=IDS, words=WORDS)
    @precondition(lambda self: not self.alias_moved)
    def write(self, one: str, words: str) -> None:
        self.as_people("PUT", f"/{ALIAS}/_doc/{one}", {"content": words}, lambda: self.put(one, words))

    @rule(one=IDS)
    @precondition(lambda self: not self.alias_moved)
    def delete(self, one: str) -> None:
        if one in self.case.contents:
            self.as_people("DELETE", f"/{ALIAS}/_doc/{one}", None, lambda: self.take_away(one))

    @rule()
    def refresh(self) -> None:
        self.case.stack.refresh()

    @rule()
    def edit_the_pipeline(self) -> None:
        """Somebody makes the pipeline add a field to each document, and removes the stack's mark from the pipeline."""
        name = self.case.wanted.pipeline_id
        body = self.client.request("GET", f"/_ingest/pipeline/{name}")[name]
        processors = [*body["processors"], {"set": {"field": "edited", "value": True}}]
        self.client.request("PUT", f"/_ingest/pipeline/{name}", {"processors": processors})
        self.drifted = True

    @rule(elsewhere=some.booleans())
    @precondition(lambda self: not self.alias_moved)
    def move_the_alias(self, elsewhere: bool) -> None:
        """Somebody removes the alias, or points it to an index of their own."""
        actions: list[dict[str, Any]] = [{"remove": {"index": "*", "alias": ALIAS}}]
        if elsewhere:
            if self.client.find(f"/{ELSEWHERE}") is None:
                self.client.request("PUT", f"/{ELSEWHERE}", {"mappings": {"properties": {}}})
            actions.append({"add": {"index": ELSEWHERE, "alias": ALIAS}})
        self.client.request("POST", "/_aliases", {"actions": actions})
        self.drifted = self.alias_moved = True

    @rule(replicas=some.sampled_from(["0", "1"]))
    @precondition(lambda self: not self.alias_moved)
    def set_replicas(self, replicas: str) -> None:
        self.client.request("PUT", f"/{ALIAS}/_settings", {"index.number_of_replicas": replicas})
        self.replicas = replicas

    @rule(name=some.sampled_from(["tag", "author"]))
    @precondition(lambda self: not self.alias_moved)
    def add_a_field(self, name: str) -> None:
        self.client.request("PUT", f"/{ALIAS}/_mapping", {"properties": {name: {"type": "keyword"}}})
        self.fields.add(name)

    @invariant()
    def nothing_acknowledged_is_missing(self) -> None:
        """As long as the alias is the stack's, readers find exactly what was written, whatever update is unfinished."""
        if not self.alias_moved:
            found = whole(self.client)
            assert {one: document.source["content"] for one, document in found.items()} == self.case.contents
            assert without_fields(found, self.case.fields) == []

    def behind(self) -> list[str]:
        """Return the indices to which the alias points."""
        return sorted(self.client.find(f"/{ALIAS}") or {})

    def set_to(self, dims: int, quant: str) -> None:
        sha256 = {"F16": "a", "Q8_0": "b"}[quant] * 64
        self.case.wanted = replace(self.case.wanted, dims=dims, quant=quant, sha256=sha256)

    def put(self, one: str, words: str) -> None:
        self.case.contents[one] = words
        self.forget(one)

    def take_away(self, one: str) -> None:
        del self.case.contents[one]
        self.forget(one)

    def forget(self, one: str) -> None:
        """Note that a document has no fields left beside its content."""
        self.case.fields.pop(one, None)
        self.case.half_updated.discard(one)

    def as_people(
        self, method: str, path: str, body: dict[str, Any] | None, then: Callable[[], object]
    ) -> None:
        """Send people's request; call `then` if it is acknowledged. Only an unfinished update may refuse it."""
        try:
            self.client.request(method, path, body)
        except ElasticsearchError as error:
            note(f"refused: {error}")
            assert self.died is not None, "refused though no update is unfinished"
        else:
            then()

    def assert_as_wanted(self) -> None:
        """Assert everything that a successful update promises."""
        self.outcomes.append(judge(self.case, "random sequences"))
        # The command embeds again the stale documents that no migration has copied yet.
        mend(self.client, self.case.wanted)
        self.case.half_updated.clear()
        judge(self.case, "random sequences")
        if self.client.find(f"/{ELSEWHERE}") is not None:
            self.client.request("DELETE", f"/{ELSEWHERE}")
        assert_tidy(self.client, self.case.wanted)
        body = next(iter(self.client.request("GET", f"/{ALIAS}").values()))
        assert body["settings"]["index"]["number_of_replicas"] == self.replicas
        assert self.fields <= body["mappings"]["properties"].keys()
        before = self.case.stack.up(self.case.wanted)
        assert before == []


def started(case: Case, wanted: Wanted) -> Case:
    """Bring up the stack with which a sequence begins."""
    bystanders.place(case.client, wanted)
    others = Bystanders(bystanders.fingerprint(case.client))
    stack = StackResources()
    stack.up(wanted)
    case.client.request("PUT", f"/{ALIAS}/_mapping", {"properties": FIELDS})
    return replace(case, wanted=wanted, stack=stack, contents=dict(CONTENTS), others=others)
