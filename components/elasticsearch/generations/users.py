"""Finds what else uses the stack's pipeline and endpoints: indices and pipelines of people and of other stacks.

Searches that have Elasticsearch embed the query leave no trace in the cluster, so they cannot be found.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from components.elasticsearch import ingest_pipeline
from components.elasticsearch.client.client import Requests
from components.elasticsearch.endpoints import is_of
from components.elasticsearch.errors import ConflictError, NotFoundError
from components.elasticsearch.generations.index import meta_of
from components.elasticsearch.generations.live_index import EVERY_STATE
from components.elasticsearch.inference_endpoint import TASK
from components.elasticsearch.ownership import Claim, is_managed, owner_of

PIPELINE_SETTINGS = ("default_pipeline", "final_pipeline")


@dataclass(frozen=True, kw_only=True)
class Users:
    """The names of those who use a pipeline or endpoints, the stack's own aside.

    `indices` use the pipeline, `pipelines` the pipeline or an endpoint; `mappings` are the indices with a
    semantic_text field that uses an endpoint.
    """

    indices: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    mappings: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.indices or self.pipelines or self.mappings)

    def __str__(self) -> str:
        listed = {"index": self.indices, "ingest pipeline": self.pipelines, "semantic_text in": self.mappings}
        return ", ".join(f"{what} {name}" for what, names in listed.items() for name in names)


def read_users(
    client: Requests,
    claim: Claim,
    aliases: Collection[str],
    *,
    own: str,
    pipeline_id: str = "",
    inference_ids: Collection[str] = (),
) -> Users:
    """Return who uses a pipeline or one of these endpoints, apart from the stack's indices of `aliases`.

    An empty `pipeline_id` stands for none. `own` is the name of the stack's pipeline, which is no user even where
    somebody took the stack's mark from it. An index of an alias that the stack gave up is listed too, because no
    migration carries it over any more.
    """
    found = client.find("/_ingest/pipeline") or {} if pipeline_id or inference_ids else {}
    pipelines = tuple(
        name
        for name, body in sorted(found.items())
        if not _is_ours(meta := body.get("_meta", {}), claim)
        and (name != own or is_managed(meta))
        and _uses(body, pipeline_id, inference_ids)
    )
    return Users(
        indices=tuple(_indices(client, claim, aliases, pipeline_id)) if pipeline_id else (),
        pipelines=pipelines,
        mappings=tuple(sorted({index for one in inference_ids for index in _mappings(client, one)})),
    )


def made_by_stacks(client: Requests) -> dict[str, dict[str, Any]]:
    """Return the ingest pipelines that stacks of this project made, by name."""
    found: Mapping[str, dict[str, Any]] = client.find("/_ingest/pipeline") or {}
    return {name: body for name, body in found.items() if is_managed(body.get("_meta", {}))}


def owners_of_endpoints(pipelines: Mapping[str, Mapping[str, Any]], inference_id: str) -> set[str]:
    """Return the stacks whose pipelines use an endpoint of `inference_id`: endpoints have no place for an owner."""
    return {
        owner_of(body.get("_meta", {}))
        for body in pipelines.values()
        if any(is_of(one, inference_id) for one in ingest_pipeline.inference_ids(body))
    }


def require_no_others(
    client: Requests,
    claim: Claim,
    aliases: Collection[str],
    what: str,
    *,
    own: str,
    pipeline_id: str,
    inference_ids: Collection[str],
) -> None:
    """Raise ConflictError, with their names, when others use the pipeline or one of the endpoints.

    `what` begins the message and says what would happen; the rest is as in `read_users`.
    """
    users = read_users(client, claim, aliases, own=own, pipeline_id=pipeline_id, inference_ids=inference_ids)
    if users:
        raise ConflictError(
            f"{what}, and this stack is not alone in using them: {users}. Their documents would be refused, or get "
            "vectors that cannot be compared with those that they have. Nothing was changed. Give them a pipeline and "
            "an endpoint of their own; or, to decide about them after the change, take the pipeline away from them "
            '(PUT /<index>/_settings {"index.default_pipeline": "_none"}), and run the command again.'
        )


def _indices(client: Requests, claim: Claim, aliases: Collection[str], pipeline_id: str) -> Iterator[str]:
    names = ",".join(f"index.{one}" for one in PIPELINE_SETTINGS)
    answer: Mapping[str, Any] = client.request("GET", f"/*/_settings/{names}", query=EVERY_STATE)
    for index, body in sorted(answer.items()):
        settings = body.get("settings", {}).get("index", {})
        if pipeline_id not in (settings.get(one) for one in PIPELINE_SETTINGS):
            continue
        live = client.find(f"/{quote(index, safe='')}")
        meta = meta_of(live[index]) if live else {}
        if live and not (_is_ours(meta, claim) and meta.get("alias") in aliases):
            yield index


def _mappings(client: Requests, inference_id: str) -> tuple[str, ...]:
    """Return the indices with a semantic_text field that uses the endpoint, as a dry run of its deletion names them."""
    try:
        answer = client.request("DELETE", f"/_inference/{TASK}/{inference_id}", query={"dry_run": "true"})
    except NotFoundError:
        return ()
    return tuple(sorted(map(str, answer.get("indexes", []))))


def _is_ours(meta: Mapping[str, Any], claim: Claim) -> bool:
    return is_managed(meta) and claim.covers(owner_of(meta))


def _uses(value: Any, pipeline_id: str, inference_ids: Collection[str]) -> bool:
    """Tell whether `value`, a pipeline or a part of one, calls the pipeline or uses an endpoint of these names."""
    if isinstance(value, list):
        return any(_uses(one, pipeline_id, inference_ids) for one in value)
    if not isinstance(value, Mapping):
        return False
    called, embeds = value.get("pipeline"), value.get("inference")
    if pipeline_id and isinstance(called, Mapping) and called.get("name") == pipeline_id:
        return True
    if isinstance(embeds, Mapping) and embeds.get("model_id") in inference_ids:
        return True
    return any(_uses(one, pipeline_id, inference_ids) for one in value.values())
