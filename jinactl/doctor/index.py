"""Looks at the alias of a stack, the index behind it, and the generations beside it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.errors import ElasticsearchError, LicenseError, UnreadableIdentityError
from components.elasticsearch.generations.index import meta_of
from components.elasticsearch.generations.live_index import EVERY_STATE
from components.elasticsearch.identity import Identity
from components.elasticsearch.ownership import is_managed, owner_of
from jinactl.doctor.declared import Declared
from jinactl.doctor.finding import CannotLookError, Check, Finding, from_error
from jinactl.outputs import OUTPUT_OF

CONVERGE = "pulumi up --refresh"
FLOODED = "index.blocks.read_only_allow_delete"


@dataclass(frozen=True, kw_only=True)
class IndexReading:
    """The indices `behind` the alias and the stack's generations `beside` it, by name, as `GET /<index>` shows them.

    `health` is red, yellow or green by index; `unassigned` says why a shard of the index behind the alias has no place.
    """

    declared: Declared
    behind: Mapping[str, Mapping[str, Any]]
    beside: Mapping[str, Mapping[str, Any]]
    health: Mapping[str, str] = field(default_factory=dict)
    unassigned: str = ""

    @property
    def alias(self) -> str:
        """The name that people use."""
        return self.declared.facts.index

    def current(self) -> tuple[str, Mapping[str, Any]]:
        """Return name and body of the one index behind the alias; raises CannotLookError where it is not one."""
        if len(self.behind) != 1 or self.alias in self.behind:
            raise CannotLookError(f"{self.alias} does not lead to one index")
        return next(iter(self.behind.items()))

    def identity(self) -> Identity:
        """Return how the documents of that index were embedded; raises CannotLookError where it does not tell."""
        index, body = self.current()
        if not is_managed(meta_of(body)):
            raise CannotLookError(f"{index} is not of this project")
        try:
            return Identity.from_meta(meta_of(body), index)
        except UnreadableIdentityError as error:
            raise CannotLookError(f"{index} does not tell how it was embedded") from error


def read_index(client: Requests, declared: Declared) -> IndexReading:
    """Read everything of the alias; raises an ElasticsearchError when it cannot be read."""
    alias = declared.facts.index
    behind = client.find(f"/{alias}", query=EVERY_STATE) or {}
    made = client.find(f"/{alias}-*", query=EVERY_STATE) or {}
    beside = {
        index: body
        for index, body in made.items()
        if index not in behind and meta_of(body).get("alias") == alias and _is_ours(declared, body)
    }
    health = _health(client, sorted(behind))
    worst = next((index for index, status in sorted(health.items()) if status != "green"), "")
    unassigned = _unassigned(client, worst, primary=health[worst] == "red") if worst else ""
    return IndexReading(declared=declared, behind=behind, beside=beside, health=health, unassigned=unassigned)


def _is_ours(declared: Declared, body: Mapping[str, Any]) -> bool:
    return is_managed(meta_of(body)) and owner_of(meta_of(body)) in ("", declared.facts.stack_id)


def _health(client: Requests, indices: list[str]) -> Mapping[str, str]:
    if not indices:
        return {}
    query = {"level": "indices", "timeout": "1s"}
    try:
        answer = client.request("GET", f"/_cluster/health/{','.join(indices)}", query=query)
    except LicenseError:
        return {}  # once it has ended, Elasticsearch tells its health no more
    return {index: str(body["status"]) for index, body in answer.get("indices", {}).items()}


def _unassigned(client: Requests, index: str, *, primary: bool) -> str:
    asked = {"index": index, "shard": 0, "primary": primary}
    try:
        answer = client.request("POST", "/_cluster/allocation/explain", asked)
    except ElasticsearchError:
        return ""  # another shard, or rights that the credentials do not have
    return str(answer.get("allocate_explanation") or answer.get("unassigned_info", {}).get("reason") or "")


def _alias_missing(index: IndexReading) -> Iterator[Finding]:
    if index.alias in index.behind:
        yield Finding(
            what=f"{index.alias} is an index, and not the alias of one",
            remedy=f"pulumi up --config elasticsearchAdopt={index.alias}",
        )
    elif not index.behind:
        there = f", and {', '.join(sorted(index.beside))} is there" if index.beside else ""
        yield Finding(what=f"nothing has the name {index.alias}{there}", remedy=CONVERGE)


def _alias_ambiguous(index: IndexReading) -> Iterator[Finding]:
    if len(index.behind) > 1:
        yield Finding(
            what=f"{index.alias} leads to {len(index.behind)} indices: {', '.join(sorted(index.behind))}",
            remedy=CONVERGE,
        )


def _red(index: IndexReading) -> Iterator[Finding]:
    for name, status in index.health.items():
        if status == "red":
            yield Finding(
                what=f"a shard of {name} is not there, so documents are missing: {_why(index)}",
                remedy=f"mend what that says; if data is lost: DELETE /{name}, pulumi up --refresh, jinactl restore",
            )


def _yellow(index: IndexReading) -> Iterator[Finding]:
    for name, status in index.health.items():
        if status == "yellow":
            yield Finding(
                what=f"a copy of a shard of {name} has no place: {_why(index)}",
                remedy=f'add a node, or PUT /{name}/_settings {{"index.number_of_replicas": 0}}',
            )


def _why(index: IndexReading) -> str:
    return index.unassigned.rstrip(".") or "GET /_cluster/allocation/explain says why"


def _blocked(index: IndexReading) -> Iterator[Finding]:
    for name, body in index.behind.items():
        settings = body.get("settings", {}).get("index", {})
        if str(settings.get("verified_before_close")) == "true":
            yield Finding(what=f"{name} is closed", remedy=f"POST /{name}/_open")
        blocks = settings.get("blocks", {})
        found = sorted(one for one in ("read_only", "write", "read") if str(blocks.get(one)) == "true")
        if found and meta_of(body).get("successor"):
            yield Finding(
                what=f"{name} refuses writers since a migration that was interrupted", remedy=CONVERGE
            )
        elif found:
            opened = ", ".join(f'"index.blocks.{one}": null' for one in found)
            yield Finding(
                what=f"{name} refuses people: its block {', '.join(found)} is set",
                remedy=f"PUT /{name}/_settings {{{opened}}}",
            )


def _flooded(index: IndexReading) -> Iterator[Finding]:
    for name, body in index.behind.items():
        blocks = body.get("settings", {}).get("index", {}).get("blocks", {})
        if str(blocks.get("read_only_allow_delete")) == "true":
            yield Finding(
                what=f"{name} refuses writers because the disk of a node was full",
                remedy="make room on it; Elasticsearch then takes the block away, or "
                f'PUT /{name}/_settings {{"{FLOODED}": null}}',
            )


def _foreign(index: IndexReading) -> Iterator[Finding]:
    known = index.declared.facts.stack_id
    if not known:
        raise CannotLookError("the outputs have no stackId: `pulumi up` adds it")
    if index.alias in index.behind:
        raise CannotLookError(f"{index.alias} is an index, and not the alias of one")
    for name, body in index.behind.items():
        owner = owner_of(meta_of(body))
        if not is_managed(meta_of(body)):
            yield Finding(
                what=f"{index.alias} leads to {name}, which no stack of this project made",
                remedy=f"pulumi up --config elasticsearchAdopt={index.alias}",
            )
        elif owner and owner != known:
            yield Finding(
                what=f"{name} belongs to the stack {owner}",
                remedy=f"pulumi up --config elasticsearchAdopt={index.alias} (takes it over), or pulumi config set "
                "elasticsearchIndex NAME",
            )


def _unreadable(index: IndexReading) -> Iterator[Finding]:
    for name, body in index.behind.items():
        if is_managed(meta_of(body)):
            try:
                Identity.from_meta(meta_of(body), name)
            except UnreadableIdentityError as error:
                yield from_error(error)


def _interrupted(index: IndexReading) -> Iterator[Finding]:
    there = {*index.behind, *index.beside}
    for name, body in sorted(index.beside.items()):
        migration = meta_of(body).get("migration") or {}
        if migration.get("source") in there and not meta_of(body).get("retired"):
            yield Finding(
                what=f"{name} is half filled from {migration['source']}: a migration was interrupted, or runs now",
                remedy="pulumi up (goes on with it)",
            )


def _outdated(index: IndexReading) -> Iterator[Finding]:
    live, told = index.identity().as_dict(), index.declared.facts.identity
    different = [OUTPUT_OF[key] for key in told if told[key] != live[key]]
    name, generation = index.current()[0], index.declared.generation
    if different:
        yield Finding(
            what=f"{name} is embedded otherwise than the outputs say ({', '.join(different)}): they are old, or an "
            "update has not come so far",
            remedy="read the outputs anew (-s STACK), then pulumi up",
        )
    elif generation and name != generation:
        yield Finding(
            what=f"{index.alias} leads to {name}, and the outputs say {generation}",
            remedy="read the outputs anew (-s STACK), then pulumi up --refresh",
        )


CHECKS = (
    Check("alias-missing", _alias_missing),
    Check("alias-ambiguous", _alias_ambiguous),
    Check("index-red", _red),
    Check("index-yellow", _yellow),
    Check("index-blocked", _blocked),
    Check("index-flooded", _flooded),
    Check("index-foreign", _foreign),
    Check("index-unreadable", _unreadable),
    Check("migration-interrupted", _interrupted),
    Check("outputs-outdated", _outdated),
)
