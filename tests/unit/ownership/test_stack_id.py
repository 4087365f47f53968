"""A stack's id is made once, and follows no name that people change."""

import re

from components.ownership.dynamic.stack_id import StackIdProvider

INPUTS = {"prefix": "jina-search-cpu", "wanted": "", "schema_version": "1"}


def test_an_id_is_made_of_the_first_names_and_random_digits() -> None:
    made = [(StackIdProvider().create(INPUTS).outs or {})["stack_id"] for _ in range(2)]

    assert all(re.fullmatch(r"jina-search-cpu-[0-9a-f]{6}", one) for one in made)
    assert made[0] != made[1]


def test_other_names_of_the_stack_change_nothing() -> None:
    outs = StackIdProvider().create(INPUTS).outs or {}

    assert not StackIdProvider().diff("stack-id", outs, {**INPUTS, "prefix": "jina-search-prod"}).changes


def test_an_id_that_is_set_is_taken_at_first_and_later() -> None:
    wanted = {**INPUTS, "wanted": "jina-search-old-0a1b2c"}
    made = StackIdProvider().create(INPUTS).outs or {}

    assert (StackIdProvider().create(wanted).outs or {})["stack_id"] == "jina-search-old-0a1b2c"
    assert StackIdProvider().diff("stack-id", made, wanted).changes
    changed = StackIdProvider().update("stack-id", made, wanted).outs or {}
    assert changed["stack_id"] == "jina-search-old-0a1b2c"
    assert not StackIdProvider().diff("stack-id", changed, wanted).changes


def test_an_id_that_was_set_stays_when_the_setting_goes() -> None:
    outs = StackIdProvider().create({**INPUTS, "wanted": "jina-search-old-0a1b2c"}).outs or {}

    assert not StackIdProvider().diff("stack-id", outs, INPUTS).changes
