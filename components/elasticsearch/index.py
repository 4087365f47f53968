"""Makes the index behind an alias what is wanted, step by step.

A generation never changes its identity: another identity is another generation, and the alias moves to it in one
atomic step once it is complete. After any interruption, the next run continues from what it finds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from components.elasticsearch import ingest_pipeline
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents.digest import map_digest
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.endpoints import full_id
from components.elasticsearch.fields import NO_PIPELINE
from components.elasticsearch.generations import adoption, deletion, frozen_pipeline
from components.elasticsearch.generations import index as indices
from components.elasticsearch.generations.aliases import restore_alias
from components.elasticsearch.generations.generation import Generation, LiveIndex, WantedIndex, new_name
from components.elasticsearch.generations.kept_settings import default_replicas
from components.elasticsearch.generations.live_index import count_beside, read_live
from components.elasticsearch.generations.plan import Step, plan
from components.elasticsearch.migration.carrier import Pace
from components.elasticsearch.migration.finishing import finish
from components.elasticsearch.migration.migration import fill, migrate
from components.elasticsearch.ownership import OWNER, Claim
from components.elasticsearch.reconcile import NOTHING, reconcile
from components.say import Say

Carry = Callable[..., None]
"""`migrate`, or `fill`, which stops before the switch."""


@dataclass(frozen=True, kw_only=True)
class _Run:
    """What the actions of one run need besides what is there; see `converge`."""

    client: Requests
    wanted: WantedIndex
    embedder: Embedder | None
    pace: Pace
    say: Say


def converge(
    client: Requests,
    wanted: WantedIndex,
    embedder: Embedder | None = None,
    *,
    pace: Pace | None = None,
    say: Say = print,
) -> str:
    """Make the index what is wanted; return the name of the generation that the alias points to.

    With `embedder`, documents are embedded here, else by the pipeline. Raises what `plan`, `reconcile` and `migrate`
    raise: where a migration fails, the old generation is in use as before.
    """
    run = _Run(client=client, wanted=wanted, embedder=embedder, pace=pace or Pace(), say=say)
    live = reconcile(
        f"Index {wanted.alias}",
        read=lambda: _read(client, wanted),
        plan=lambda live, _: plan(live, wanted),
        carry_out=lambda live, step: ACTIONS[step.action](run, live, step),
    )
    return _current(live).index


def _read(client: Requests, wanted: WantedIndex) -> LiveIndex:
    live = count_beside(client, read_live(client, wanted.alias).seen_by(wanted.claim))
    return replace(live, kept_pipelines=frozen_pipeline.read_kept(client, wanted.alias, wanted.claim))


def _current(live: LiveIndex) -> Generation:
    if live.current is None:
        raise LookupError("the alias points to no index")
    return live.current


def _take_over(run: _Run, _live: LiveIndex, _: Step) -> None:
    adoption.adopt(run.client, run.wanted)


def _note_owner(run: _Run, live: LiveIndex, step: Step) -> None:
    """Record the owner in things of the stack that lack it: made by an earlier version, or handed over."""
    for one in _targets(live, step):
        indices.add_meta(run.client, one.index, {OWNER: run.wanted.claim.owner})
        if one.default_pipeline == frozen_pipeline.frozen_id(one.index):
            frozen_pipeline.note_owner(run.client, one.index)


def _restore_alias(run: _Run, live: LiveIndex, step: Step) -> None:
    restore_alias(run.client, run.wanted.alias, live, step.targets[0])


def _finish(run: _Run, live: LiveIndex, _: Step) -> None:
    current = _current(live)
    same = run.wanted if current.identity == run.wanted.identity else None
    finish(run.client, same, current.index, str(current.migration.get("source")), run.embedder)


def _adopt(run: _Run, live: LiveIndex, step: Step) -> None:
    noted = {**indices.build_meta(run.wanted), "adopted_as": "", "adopted": True}
    indices.add_meta(run.client, _current(live).index, noted)
    _repair(run, live, step)


def _delete(run: _Run, live: LiveIndex, step: Step) -> None:
    for one in _targets(live, step):
        deletion.delete_generation(run.client, one)


def _delete_pipelines(run: _Run, _live: LiveIndex, step: Step) -> None:
    for name in step.targets:
        ingest_pipeline.delete(run.client, name)


def _create(run: _Run, live: LiveIndex, _: Step) -> None:
    # The alias is made with the index, so that no run can end between the two.
    body = indices.build_index(run.wanted, replicas=default_replicas(run.client))
    body["aliases"] = {run.wanted.alias: {}}
    indices.create_index(run.client, new_name(run.wanted, live), body)


def _fill_siblings(run: _Run) -> None:
    """Fill the new generations of the stack's other indices, which switch later, one after another.

    The endpoints that people name move with the first index. Searches in another index that name one are refused from
    then on until its own switch, which soon follows where only the last moment's documents are left to carry over.
    Where another index can't be filled, the first one stays as it is, so that the endpoints fit all of them.
    """
    aliases = run.wanted.claim.siblings | {run.wanted.alias}
    for alias in sorted(run.wanted.claim.siblings):
        claim = Claim(owner=run.wanted.claim.owner, siblings=aliases - {alias})
        wanted = replace(run.wanted, alias=alias, claim=claim, adopt=False, moves_endpoints=False)
        _fill(replace(run, wanted=wanted))


def _fill(run: _Run) -> None:
    live = _read(run.client, run.wanted)
    if live.current is None or live.current not in live.owned(run.wanted.claim):
        return  # it is about to be made, or to be adopted
    live = reconcile(
        f"Index {run.wanted.alias}",
        read=lambda: _read(run.client, run.wanted),
        plan=lambda live, _: _tidying(plan(live, run.wanted)),
        carry_out=lambda live, step: ACTIONS[step.action](run, live, step),
    )
    step = plan(live, run.wanted)
    if step.action == "migrate":
        _carry(run, live, step, fill)


def _tidying(step: Step) -> Step:
    """Return the step if it clears up after earlier runs, else one that does nothing."""
    return step if step.action in ("finish", "delete", "delete pipelines") else Step(action=NOTHING)


def _migrate(run: _Run, live: LiveIndex, step: Step) -> None:
    if run.wanted.moved_endpoints and _current(live).vector.get("dims") != run.wanted.identity.dims:
        _fill_siblings(run)
    _carry(run, live, step, migrate)


def _carry(run: _Run, live: LiveIndex, step: Step, by: Carry) -> None:
    name = new_name(run.wanted, live)
    by(
        run.client,
        run.wanted,
        _current(live),
        name,
        step.unfinished,
        pace=run.pace,
        say=run.say,
        embedder=run.embedder,
    )


def _repair(run: _Run, live: LiveIndex, _: Step) -> None:
    client, current = run.client, _current(live)
    if current.successor or current.retired:
        indices.open_to_writers(client, current.index)
    map_digest(client, current.index)
    indices.set_default_pipeline(client, current.index, run.wanted.pipeline_id)
    if run.wanted.endpoints:
        # The endpoint was renamed, say.
        kept_with = full_id(run.wanted.endpoints.inference_id)
        frozen_pipeline.redirect(client, run.wanted.claim, (), kept_with, alias=run.wanted.alias)


def _take_pipelines_away(run: _Run, _live: LiveIndex, step: Step) -> None:
    for index in step.targets:
        indices.set_default_pipeline(run.client, index, NO_PIPELINE)


def _targets(live: LiveIndex, step: Step) -> list[Generation]:
    return [one for one in (*live.behind, *live.beside) if one.index in step.targets]


ACTIONS: Mapping[str, Callable[[_Run, LiveIndex, Step], None]] = {
    "take over": _take_over,
    "note the owner": _note_owner,
    "restore alias": _restore_alias,
    "finish": _finish,
    "adopt": _adopt,
    "delete": _delete,
    "delete pipelines": _delete_pipelines,
    "create": _create,
    "migrate": _migrate,
    "repair": _repair,
    "take pipelines away": _take_pipelines_away,
}
