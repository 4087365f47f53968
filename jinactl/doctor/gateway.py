"""Looks at the gateway, its lanes, and the vectors of the servers behind it."""

import json
import math
import urllib.error
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from components.elasticsearch.embedding.server import PATH, send
from components.kubernetes.errors import KubectlError
from jinactl.doctor.declared import Declared
from jinactl.doctor.finding import CannotLookError, Check, Finding

SECONDS = 10.0
"""Within which the gateway must answer, an embedding of a few words included."""

ROLES = {"queries": "query", "documents": "document"}
"""By lane, the role in the address of what it answers."""

CONTAINERS = "docker ps --all --filter name=-gateway"

LONGEST_OFF = 1e-3
"""How far the length of a vector may be from 1."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer: `status` is 0 where there was none in time, `body` what was in it as JSON, {} where that is none."""

    status: int
    body: Mapping[str, Any]

    @property
    def error(self) -> Mapping[str, Any]:
        """The error that was told, {} for none."""
        found = self.body.get("error")
        return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, kw_only=True)
class GatewayReading:
    """What the gateway answers: `said` is why nothing answers there, else it is empty.

    `is_gateway` tells whether it is one. `lanes` are the states by lane in its words, `models` the names of the model,
    and `embedded` the answers to a request for an embedding, by lane.
    """

    declared: Declared
    said: str = ""
    is_gateway: bool = True
    lanes: Mapping[str, str] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    embedded: Mapping[str, Answer] = field(default_factory=dict)


def read_gateway(declared: Declared) -> GatewayReading:
    """Ask the gateway; raises CannotLookError where the outputs do not tell its address."""
    if not declared.server_url:
        raise CannotLookError("the outputs have no serverUrl: `pulumi up` adds it")
    key = declared.facts.embedder.api_key
    try:
        live = _ask(f"{declared.server_url}/live", key)
    except (OSError, HTTPException, KubectlError) as error:
        return GatewayReading(declared=declared, said=str(getattr(error, "reason", error)))
    if live.body.get("status") != "ok":
        return GatewayReading(declared=declared, is_gateway=False)
    probe = {"input": ["How is it going?"]}
    return GatewayReading(
        declared=declared,
        lanes=dict(_asked(f"{declared.server_url}/health", key).body.get("lanes", {})),
        models=_names(_asked(f"{declared.server_url}/v1/models", key)),
        embedded={
            lane: _asked(f"{declared.server_url}/{role}{PATH}", key, probe) for lane, role in ROLES.items()
        },
    )


def _names(answer: Answer) -> tuple[str, ...]:
    found = answer.body.get("data")
    return tuple(str(one.get("id")) for one in found) if isinstance(found, list) else ()


def _asked(url: str, key: str, body: Mapping[str, Any] | None = None) -> Answer:
    try:
        return _ask(url, key, body)
    except (OSError, HTTPException, KubectlError):
        return Answer(status=0, body={})


def _ask(url: str, key: str, body: Mapping[str, Any] | None = None) -> Answer:
    """Send a request, a POST where it has a body; raises OSError and HTTPException where nothing answers."""
    try:
        with send(url, key, body, timeout=SECONDS) as response:
            return Answer(status=response.status, body=_object(response.read()))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(status=error.code, body=_object(error.read()))


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _unreachable(gateway: GatewayReading) -> Iterator[Finding]:
    if gateway.said:
        kubectl = gateway.declared.kubectl
        shows = f"`{kubectl} get pods` shows its pods" if kubectl else f"`{CONTAINERS}` shows its container"
        said = gateway.said.partition("\n")[0]  # what to do about it is another check's
        yield Finding(
            what=f"nothing answers at {gateway.declared.server_url}, the address of the gateway ({said})",
            remedy=f"{shows}; `pulumi up --refresh` makes it again",
        )


def _foreign(gateway: GatewayReading) -> Iterator[Finding]:
    if gateway.is_gateway:
        return
    if gateway.declared.kubectl:
        yield Finding(
            what=f"another program than the gateway answers at {gateway.declared.server_url}",
            remedy=f"`{gateway.declared.kubectl} get services,pods --output wide` shows what; run pulumi up --refresh",
        )
    else:
        port = gateway.declared.server_url.rpartition(":")[2]
        yield Finding(
            what=f"another program than the gateway answers at {gateway.declared.server_url}",
            remedy=f"end it (`ss -ltnp 'sport = :{port}'` shows it), and run pulumi up --refresh",
        )


def _key_refused(gateway: GatewayReading) -> Iterator[Finding]:
    if any(answer.status == HTTPStatus.UNAUTHORIZED for answer in gateway.embedded.values()):
        given = "the serverApiKey of the outputs" if gateway.declared.facts.embedder.api_key else "no key"
        yield Finding(
            what=f"the gateway refuses {given} (401)",
            remedy="pulumi up --refresh (gives gateway and Elasticsearch the key that is set; read the outputs anew)",
        )


def _not_ready(gateway: GatewayReading) -> Iterator[Finding]:
    for lane in ROLES:
        answer = gateway.embedded[lane]
        log = _log(gateway.declared, gateway.declared.servers.get(lane, ""))
        if gateway.lanes.get(lane, "ok") != "ok" or _is_unavailable(answer):
            told = str(answer.error.get("message") or "its server does not answer").rstrip(".")
            yield Finding(
                what=f"the lane for {lane} is not ready: {told}",
                remedy=f"`{log}` shows whether its server loads the model or failed; pulumi up --refresh",
            )


def _log(declared: Declared, server: str) -> str:
    """Return the command line that shows what became of a server."""
    if declared.kubectl:
        return f"{declared.kubectl} " + (f"logs deployment/{server}" if server else "get pods")
    return f"docker logs {server}" if server else "docker ps --all"


def _is_unavailable(answer: Answer) -> bool:
    busy = answer.status == HTTPStatus.TOO_MANY_REQUESTS and answer.error.get("code") != "queue_full"
    return busy or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _full(gateway: GatewayReading) -> Iterator[Finding]:
    for lane, answer in gateway.embedded.items():
        if answer.error.get("code") == "queue_full":
            yield Finding(
                what=f"the lane for {lane} is full: {answer.error.get('message')}",
                remedy="send fewer requests at a time, or give its server more CPUs (serverCpus)",
            )


def _other_model(gateway: GatewayReading) -> Iterator[Finding]:
    wanted = gateway.declared.facts.embedder.model
    if not gateway.models:
        raise CannotLookError("the gateway does not tell the names of its model")
    if wanted not in gateway.models:
        yield Finding(
            what=f"the gateway's model is {', '.join(gateway.models)}, and that of the stack {wanted}",
            remedy="pulumi up --refresh",
        )


def _other_vectors(gateway: GatewayReading) -> Iterator[Finding]:
    good = {lane: one for lane, one in gateway.embedded.items() if one.status == HTTPStatus.OK}
    if not good:
        raise CannotLookError("no lane gives an embedding")
    wrong = {lane: told for lane, answer in good.items() if (told := _wrong(answer, gateway.declared.width))}
    for lane, told in wrong.items():
        yield Finding(
            what=f"the server for {lane} {told}",
            remedy="`pulumi refresh` and `pulumi up` put the right model in its place; if they find nothing, correct "
            "modelDimensions or modelFile",
        )
    busy = [lane for lane, answer in gateway.embedded.items() if answer.status == 0]
    if busy and not wrong:
        # A long queue is no fault: an ingest keeps the lane of documents busy for as long as it runs.
        raise CannotLookError(f"{', '.join(busy)}: busy, no embedding of a few words within {SECONDS:.0f} s")


def _wrong(answer: Answer, width: int) -> str:
    try:
        vector = [float(number) for number in answer.body["data"][0]["embedding"]]
    except (KeyError, IndexError, TypeError, ValueError):
        return "answers with something else than an embedding"
    if len(vector) != width:
        return f"returns {len(vector)} dimensions, and the stack's model has {width}"
    if not all(map(math.isfinite, vector)):
        return "returns numbers that are not finite"
    length = math.sqrt(math.fsum(number * number for number in vector))
    return (
        "" if abs(length - 1) < LONGEST_OFF else f"returns a vector of length {length:.3f} where it must be 1"
    )


Look = Callable[[GatewayReading], Iterable[Finding]]


def _answering(look: Look) -> Look:
    """Return a check that looks only where the gateway answers."""

    def looks(gateway: GatewayReading) -> Iterable[Finding]:
        if gateway.said or not gateway.is_gateway:
            raise CannotLookError("the gateway does not answer")
        return look(gateway)

    return looks


CHECKS = (
    Check("gateway-unreachable", _unreachable),
    Check("gateway-foreign", _foreign),
    Check("gateway-key", _answering(_key_refused)),
    Check("lane-not-ready", _answering(_not_ready)),
    Check("lane-full", _answering(_full)),
    Check("model-name", _answering(_other_model)),
    Check("server-vectors", _answering(_other_vectors)),
)
