"""An inference endpoint: service `openai`, task `text_embedding`, in front of the stack's embedding server.

Elasticsearch has no upsert of endpoints, never changes `url`, `model_id`, `dimensions` and `similarity`, and never
shows the API key again. It asks the server for an embedding each time an endpoint is made.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from components.elasticsearch.client.client import Requests
from components.elasticsearch.endpoint_validation import explained
from components.elasticsearch.errors import ConflictError, NotFoundError, RefusedError
from components.elasticsearch.reconcile import NOTHING, Step, reconcile

TASK = "text_embedding"
SERVICE = "openai"
NO_KEY = "unused"
"""What the service gets as API key for a server that asks for none: it insists on one."""

REQUESTS_PER_MINUTE = 60_000
"""Far above what one server does: it queues requests itself, and the default of 3000 would slow a GPU down."""

VALIDATION_TIMEOUT = 120.0


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What an endpoint is, without its key: `url` is the full address as the node sees it.

    It asks the server for `dimensions` numbers.
    """

    model_id: str
    url: str
    dimensions: int
    similarity: str = "cosine"
    requests_per_minute: int = REQUESTS_PER_MINUTE

    def service_settings(self, api_key: str = "") -> dict[str, Any]:
        """Return the endpoint as Elasticsearch wants it."""
        return {
            "api_key": api_key or NO_KEY,
            "model_id": self.model_id,
            "url": self.url,
            "dimensions": self.dimensions,
            "similarity": self.similarity,
            "rate_limit": {"requests_per_minute": self.requests_per_minute},
        }

    @property
    def fixed(self) -> tuple[object, ...]:
        """What cannot be changed in an endpoint that exists."""
        return (self.model_id, self.url, self.dimensions, self.similarity)


@dataclass(frozen=True, kw_only=True)
class LiveEndpoint:
    """An endpoint as Elasticsearch shows it; `endpoint` is None when it is of another service or task."""

    service: str
    task: str
    endpoint: Endpoint | None

    def shown(self) -> dict[str, Any]:
        """Return what is there as plain values, for state and for messages."""
        return {
            "service": self.service,
            "task": self.task,
            **(asdict(self.endpoint) if self.endpoint else {}),
        }


def read_live(client: Requests, inference_id: str) -> LiveEndpoint | None:
    """Return the endpoint of that name, or None."""
    answer = client.find(f"/_inference/{inference_id}")
    if answer is None or not answer.get("endpoints"):
        return None
    found = answer["endpoints"][0]
    settings: Mapping[str, Any] = found.get("service_settings", {})
    same_kind = found.get("service") == SERVICE and found.get("task_type") == TASK
    return LiveEndpoint(
        service=str(found.get("service")),
        task=str(found.get("task_type")),
        endpoint=Endpoint(
            model_id=str(settings.get("model_id", "")),
            url=str(settings.get("url", "")),
            dimensions=int(settings.get("dimensions") or 0),
            similarity=str(settings.get("similarity", "")),
            requests_per_minute=int(settings.get("rate_limit", {}).get("requests_per_minute") or 0),
        )
        if same_kind
        else None,
    )


def plan(
    inference_id: str, live: LiveEndpoint | None, wanted: Endpoint, *, ours: bool, new_key: bool
) -> Step:
    """Decide how the live endpoint becomes the wanted one.

    `ours` says that this stack made or adopted it, `new_key` that the server's API key is another than before.
    Raises ConflictError when an endpoint that is not ours is in the way.
    """
    if live is None:
        return Step(action="create")
    if live.endpoint is not None and live.endpoint.fixed == wanted.fixed:
        same = live.endpoint == wanted and not new_key
        return Step(action=NOTHING if same else "update")
    if ours:
        return Step(action="replace")
    raise ConflictError(
        f"There is an inference endpoint {inference_id} already, and it is another one: {live.shown()}; "
        f"wanted: {asdict(wanted)}. Set elasticsearchInferenceId to a name that is free, or have it replaced: "
        "pulumi up --config elasticsearchAdopt=<the name of the index>"
    )


def converge(
    client: Requests, inference_id: str, wanted: Endpoint, api_key: str, *, ours: bool, new_key: bool
) -> None:
    """Make the endpoint what is wanted; `ours` and `new_key` are as in `plan`.

    Raises ValidationError when the node gets no right embedding, ConflictError when a foreign endpoint is in the way.
    """

    def decide(live: LiveEndpoint | None, taken: Sequence[str]) -> Step:
        # Elasticsearch has accepted the change: it may show a setting in another form than it was given.
        if live is not None and live.endpoint is not None and "update" in taken:
            return Step(action=NOTHING)
        # Every action writes the key. An endpoint that appeared meanwhile is ours only if it is as wanted.
        still_ours = ours and "create" not in taken
        return plan(inference_id, live, wanted, ours=still_ours, new_key=new_key and not taken)

    reconcile(
        f"Inference endpoint {inference_id}",
        read=lambda: read_live(client, inference_id),
        plan=decide,
        carry_out=lambda _, step: ACTIONS[step.action](client, inference_id, wanted, api_key),
    )


def delete(client: Requests, inference_id: str, *, force: bool = False) -> None:
    """Delete the endpoint if it is there; raises ConflictError, naming them, while pipelines use it."""
    try:
        client.request(
            "DELETE", f"/_inference/{TASK}/{inference_id}", query={"force": "true"} if force else None
        )
    except NotFoundError:
        return
    except RefusedError as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
        raise ConflictError(
            f"Inference endpoint {inference_id} is still in use and was not deleted: {error.reason} "
            "Point those pipelines or mappings at another endpoint, or delete them, and run the command again."
        ) from error


def create(client: Requests, inference_id: str, wanted: Endpoint, api_key: str) -> None:
    """Create the endpoint; leave one that is there already, after a lost answer or made by somebody else meanwhile.

    Raises ValidationError when the node gets no right embedding.
    """
    try:
        _put(client, inference_id, wanted, api_key)
    except RefusedError as error:
        if error.kind != "resource_already_exists_exception":
            raise


def _update(client: Requests, inference_id: str, wanted: Endpoint, api_key: str) -> None:
    settings = wanted.service_settings(api_key)
    changed = {key: settings[key] for key in ("api_key", "rate_limit")}
    path = f"/_inference/{TASK}/{inference_id}/_update"
    with explained(wanted.url, inference_id):
        client.request("PUT", path, {"service_settings": changed}, timeout=VALIDATION_TIMEOUT)


def _replace(client: Requests, inference_id: str, wanted: Endpoint, api_key: str) -> None:
    _verify(client, inference_id, wanted, api_key)
    # Pipelines keep referring to the name.
    delete(client, inference_id, force=True)
    create(client, inference_id, wanted, api_key)


def _put(client: Requests, inference_id: str, wanted: Endpoint, api_key: str) -> None:
    body = {"service": SERVICE, "service_settings": wanted.service_settings(api_key)}
    with explained(wanted.url, inference_id):
        client.request("PUT", f"/_inference/{TASK}/{inference_id}", body, timeout=VALIDATION_TIMEOUT)


def _verify(client: Requests, inference_id: str, wanted: Endpoint, api_key: str) -> None:
    """Have the node try the new settings under another name, before the endpoint in use is deleted.

    Where people have an endpoint of that name, nothing is tried. Raises ValidationError when the node gets no right
    embedding.
    """
    delete_trial(client, inference_id)
    create(client, _trial(inference_id), wanted, api_key)
    delete_trial(client, inference_id)


def delete_trial(client: Requests, inference_id: str) -> None:
    """Delete the endpoint by which new settings were tried: a run that was killed meanwhile leaves it."""
    live = read_live(client, _trial(inference_id))
    # People's endpoints have other limits.
    if live and live.endpoint and live.endpoint.requests_per_minute == REQUESTS_PER_MINUTE:
        delete(client, _trial(inference_id))


def _trial(inference_id: str) -> str:
    return f"{inference_id}-verification"


ACTIONS: Mapping[str, Callable[[Requests, str, Endpoint, str], None]] = {
    "create": create,
    "update": _update,
    "replace": _replace,
}
