"""Compares the outputs with the index: vectors of another kind would make its searches wrong without an error."""

from collections.abc import Collection, Mapping
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.identity import Identity
from components.elasticsearch.ownership import is_managed
from jinactl.errors import CommandError
from jinactl.outputs import ASK, OUTPUT_OF, StackFacts

SHOWN = 20


def require_same_identity(client: Requests, facts: StackFacts, *, except_for: Collection[str] = ()) -> None:
    """Raise CommandError unless the index behind the alias is embedded as the outputs say, some fields aside.

    A search in an index that this project did not make is allowed where Elasticsearch embeds: nothing is known of it.
    Raises CommandError, too, when there is no index, and UnreadableIdentityError.
    """
    for index, body in sorted(require_index(client, facts).items()):
        meta = body.get("mappings", {}).get("_meta", {})
        if is_managed(meta):
            _require_same(index, Identity.from_meta(meta, index), facts, except_for)
        elif facts.embeds_in_client:
            raise CommandError(
                f"{facts.index} leads to {index}, which does not say how its vectors were made: this project did not "
                "make it. `pulumi refresh` and `pulumi up` put the stack's own index, or an adopted one, behind "
                "that name."
            )


def require_index(client: Requests, facts: StackFacts) -> Mapping[str, Any]:
    """Return the mapping of what the alias leads to, by index; raises CommandError when there is nothing."""
    found: Mapping[str, Any] | None = client.find(f"/{facts.index}/_mapping")
    if found is None:
        # Elasticsearch would make an index of that name, without vectors.
        raise CommandError(f"There is no index {facts.index} yet: `pulumi up` makes it.")
    return found


def _require_same(index: str, identity: Identity, facts: StackFacts, except_for: Collection[str]) -> None:
    told = {key: value for key, value in facts.identity.items() if key not in except_for}
    differences = _differences(identity.as_dict(), told)
    if differences:
        raise CommandError(
            f"The outputs are not those of {index}, whose vectors are of another kind: {', '.join(differences)}. "
            f"Write them anew ((umask 077; {ASK.strip('`')} > outputs.json)) and run the command again. If "
            "they are the newest, `pulumi up` has not brought the index to the settings yet: run it first."
        )


def _differences(live: Mapping[str, Any], told: Mapping[str, Any]) -> list[str]:
    return [
        f"{OUTPUT_OF[key]} is {_shown(value)} in the outputs and {_shown(live[key])} in the index"
        for key, value in told.items()
        if live[key] != value
    ]


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
