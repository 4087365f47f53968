"""More events for the state machine: changes without the pipeline, another stack, and losing the state or the node."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import note
from hypothesis import strategies as some
from hypothesis.stateful import invariant, precondition, rule

from components.elasticsearch.errors import ConflictError
from tests.contract.elasticsearch.stack_resources import ALIAS, StackResources, Wanted
from tests.contract.migration import bystanders
from tests.contract.migration.bystanders import SECOND, Bystanders
from tests.contract.migration.documents import extras, whole
from tests.contract.migration.people_and_stack import DIMS, IDS, MODELS, WORDS, PeopleAndStack

NOBODY = "http://127.0.0.1:9"
FOREIGN = some.sampled_from([bystanders.OWN[1], bystanders.CLOSED])
TAGS = some.sampled_from(["red", "green"])


class LossesAndOthers(PeopleAndStack):
    """Adds two things to the model: `second` is another stack on the cluster, `theirs` are that stack's documents."""

    def __init__(self, start: Any) -> None:
        super().__init__(start)
        self.second = StackResources()
        self.theirs: set[str] = set()

    @rule(one=IDS, words=WORDS)
    @precondition(lambda self: not self.alias_moved)
    def update_the_content_in_bulk(self, one: str, words: str) -> None:
        """Change a text by a partial bulk update, which does not run the pipeline: the vector stays as it was."""
        if (
            one in self.case.contents
            and self.case.contents[one] != words
            and self.update_in_bulk(one, {"content": words})
        ):
            self.case.contents[one] = words
            self.case.half_updated.add(one)

    @rule(one=IDS, tag=TAGS)
    @precondition(lambda self: not self.alias_moved)
    def update_a_field_in_bulk(self, one: str, tag: str) -> None:
        if one in self.case.contents and self.update_in_bulk(one, {"tag": tag}):
            self.case.fields.setdefault(one, {})["tag"] = tag

    @rule(one=IDS, words=WORDS, number=some.integers(0, 9))
    @precondition(lambda self: not self.alias_moved)
    def write_with_other_vectors(self, one: str, words: str, number: int) -> None:
        def note_it() -> None:
            self.put(one, words)
            self.case.fields[one] = extras(number)

        self.as_people("PUT", f"/{ALIAS}/_doc/{one}", {"content": words, **extras(number)}, note_it)

    @rule(index=FOREIGN)
    def close_or_open_an_index_of_their_own(self, index: str) -> None:
        action = "_open" if bystanders.is_closed(self.client, index) else "_close"
        self.client.request("POST", f"/{index}/{action}", query={"wait_for_active_shards": 1})
        self.case.others = Bystanders(bystanders.fingerprint(self.client))

    @rule(dims=DIMS, words=WORDS)
    def up_of_a_second_stack(self, dims: int, words: str) -> None:
        self.second.up(replace(self.seconds(), dims=dims))
        self.client.request("PUT", f"/{SECOND}/_doc/{words}", {"content": words})
        self.theirs.add(words)

    @rule()
    def destroy_of_a_second_stack(self) -> None:
        if self.second.state:
            self.second.up(replace(self.seconds(), delete_data=SECOND))
            self.second.destroy()
            self.theirs.clear()

    @rule(dims=DIMS)
    @precondition(lambda self: not self.drifted and self.died is None)
    def up_of_a_stack_with_the_same_names(self, dims: int) -> None:
        """Try to take over the stack's things: this is refused and changes nothing, which the invariants check."""
        with pytest.raises(ConflictError):
            StackResources().up(replace(self.case.wanted, owner="jina-search-theirs-5d4c3b", dims=dims))

    @rule(dims=DIMS, quant=MODELS)
    @precondition(lambda self: not self.drifted)
    def lose_the_state(self, dims: int, quant: str) -> None:
        """Lose the state; somebody continues with the stack's data by setting its id."""
        self.case.stack = StackResources()
        self.up(dims, quant)

    @rule(dims=DIMS, quant=MODELS)
    @precondition(lambda self: not self.drifted)
    def lose_the_node_and_have_it_back(self, dims: int, quant: str) -> None:
        """Refresh while the node is gone; the node is back for the next update."""
        state = self.case.stack.state
        for outputs in state.values():
            outputs.update(url=NOBODY, managed=True)
        self.case.stack.refresh()
        assert list(state) == ["guard"]
        state["guard"].update(url=self.case.wanted.connection.url, managed=False)
        self.up(dims, quant)

    @invariant()
    def nothing_of_others_is_touched(self) -> None:
        assert self.case.others.touched(self.client) == []
        if self.theirs:
            assert self.theirs <= whole(self.client, SECOND).keys()

    def seconds(self) -> Wanted:
        """Return the settings of the second stack; its names begin with the names of the first stack's things."""
        return replace(
            self.case.wanted,
            owner="jina-search-second-7e6f5a",
            alias=SECOND,
            pipeline_id=f"{SECOND}-embeddings",
            inference_id=f"{SECOND}-endpoint",
            quant="F16",
            sha256="a" * 64,
        )

    def update_in_bulk(self, one: str, fields: dict[str, Any]) -> bool:
        """Update a part of a document; return whether it was acknowledged."""
        answer = self.client.request("POST", f"/{ALIAS}/_bulk", [{"update": {"_id": one}}, {"doc": fields}])
        if answer["errors"]:
            note(f"refused: {answer['items']}")
            assert self.died is not None, "refused though no update is unfinished"
        return not answer["errors"]
