"""What is answered at which path."""

import asyncio
import hmac
import json
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from aiohttp import web

from gateway.clients import Clients
from gateway.embedding import Answer, embed
from gateway.lanes import HEALTH_SECONDS, Lane, Lanes
from gateway.metrics import Metrics
from gateway.refusal import RefusedError
from gateway.rules import Model, Role
from gateway.vectors import encode
from gateway.wanted import Wanted, read_tokenize, read_wanted

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OPEN_TO_ALL = {"/health", "/live", "/ready", "/v1/models", "/openapi.json"}
"""Paths that need no key, as with llama-server."""

CLIENT_GONE = 499
"""Status that is counted where the client did not wait for the answer, as nginx does."""

LARGE = 2**20
"""Bytes of a body that is read in a thread, so that others don't wait for it."""

_DESCRIPTION = Path(__file__).with_name("openapi.json")


class Surface:
    """The HTTP surface: every answer that is no embedding has OpenAI's form.

    While it is `draining`, requests are answered as ever, and clients are told to go elsewhere with the next one.
    """

    def __init__(
        self, model: Model, lanes: Lanes, metrics: Metrics, keys: Sequence[str], origins: Sequence[str]
    ) -> None:
        self._model = model
        self._lanes = lanes
        self._metrics = metrics
        self._keys = [key.encode() for key in keys]
        self._origins = origins
        self.clients = Clients()
        self.draining = False
        self._began = int(time.time())

    def application(self) -> web.Application:
        """Return what answers."""
        application = web.Application(middlewares=[self._answered])
        application.add_routes(
            [
                web.post("/v1/embeddings", partial(self._embed, None)),
                web.post("/query/v1/embeddings", partial(self._embed, "query")),
                web.post("/document/v1/embeddings", partial(self._embed, "document")),
                web.post("/tokenize", self._tokenize),
                web.get("/v1/models", self._models),
                web.get("/live", self._live),
                web.get("/ready", self._ready),
                web.get("/health", self._health),
                web.get("/metrics", self._all_metrics),
                web.get("/openapi.json", self._openapi),
            ]
        )
        application.on_response_prepare.append(self._end_connection)
        if self._origins:
            application.on_response_prepare.append(self._allow_origin)
        return application

    @web.middleware
    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Ask for the key, and answer what is not carried out; nothing that a client sent is logged."""
        try:
            if request.method == "OPTIONS" and self._origin(request):
                return web.Response(status=204)
            self._check_key(request)
            return await handler(request)
        except RefusedError as refusal:
            return self._refused(refusal)
        except web.HTTPException as found:
            other = RefusedError(found.status, f"{request.method} is not answered at this path.")
            other.headers |= {"Allow": found.headers["Allow"]} if "Allow" in found.headers else {}
            return self._refused(other)
        except ConnectionError:
            raise  # the client is gone
        except Exception as error:  # noqa: BLE001 (the message could hold a text, so only its place is told)
            places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
            print("fault of the gateway:", type(error).__name__, *places, flush=True)
            return self._refused(RefusedError(500, "The gateway has a fault; its log says where."))

    def _refused(self, refusal: RefusedError) -> web.Response:
        self._metrics.refused.labels(refusal.code).inc()
        return web.Response(
            status=refusal.status, body=refusal.body, headers=refusal.headers, content_type="application/json"
        )

    def _check_key(self, request: web.Request) -> None:
        if not self._keys or request.path in OPEN_TO_ALL:
            return
        given = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.headers.get(
            "X-Api-Key", ""
        )
        if not any(hmac.compare_digest(given.encode(errors="replace"), key) for key in self._keys):
            raise RefusedError(
                401, "The key is missing or wrong: send Authorization: Bearer KEY.", code="invalid_api_key"
            )

    def _origin(self, request: web.Request) -> str:
        origin = request.headers.get("Origin", "")
        return origin if origin in self._origins or "*" in self._origins else ""

    async def _allow_origin(self, request: web.Request, response: web.StreamResponse) -> None:
        if origin := self._origin(request):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, X-Api-Key"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Vary"] = "Origin"

    async def _end_connection(self, _request: web.Request, response: web.StreamResponse) -> None:
        if self.draining:
            response.headers["Connection"] = "close"
            response.force_close()

    async def _embed(self, role: Role | None, request: web.Request) -> web.StreamResponse:
        began, status = time.perf_counter(), 500
        try:
            with self.clients.waiting(request):
                async with self.clients.body(request) as raw:
                    wanted = await self._read(raw, role)
                    role = wanted.role
                    answer = await embed(wanted, self._lanes, self._model)
            status = 200
        except RefusedError as refusal:
            status = refusal.status
            raise
        except asyncio.CancelledError:
            status = CLIENT_GONE
            raise
        finally:
            name = role or "none"
            self._metrics.seconds.labels(name, str(status)).observe(time.perf_counter() - began)
        self._metrics.texts.labels(name).inc(len(wanted.texts))
        self._metrics.tokens.labels(name).inc(answer.tokens)
        return await self._written(request, wanted, answer)

    async def _read(self, raw: bytes, role: Role | None) -> Wanted:
        if len(raw) < LARGE:
            return read_wanted(raw, self._model, role)
        return await asyncio.to_thread(read_wanted, raw, self._model, role)

    async def _written(self, request: web.Request, wanted: Wanted, answer: Answer) -> web.StreamResponse:
        headers = self._warnings(wanted, answer)
        pieces = self._pieces(wanted, answer)
        if len(answer.parts) == 1:
            return web.Response(body=b"".join(pieces), headers=headers, content_type="application/json")
        response = web.StreamResponse(headers={"Content-Type": "application/json", **headers})
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
            await asyncio.sleep(0)  # to a client that reads fast, nothing else would let others have a turn
        return response

    def _pieces(self, wanted: Wanted, answer: Answer) -> Iterator[bytes]:
        name = json.dumps(self._model.names[0])
        usage = f'{{"prompt_tokens":{answer.tokens},"total_tokens":{answer.tokens}}}'
        yield f'{{"object":"list","model":{name},"usage":{usage},"data":['.encode()
        position = 0
        for part in answer.parts:
            rows = []
            for row in encode(part, wanted.encoding):
                comma = b"," if position else b""
                rows.append(b'%b{"object":"embedding","index":%d,"embedding":%b}' % (comma, position, row))
                position += 1
            yield b"".join(rows)
        yield b"]}"

    def _warnings(self, wanted: Wanted, answer: Answer) -> dict[str, str]:
        said = []
        if wanted.dims not in self._model.trained_dims:
            trained = ", ".join(map(str, self._model.trained_dims))
            said.append(f"the model was trained for dimensions {trained}")
        if answer.shortened:
            cut = ", ".join(map(str, answer.shortened))
            said.append(f"only the first {answer.context} tokens were embedded of input {cut}")
        return {"Warning": ", ".join(f'299 - "{one}"' for one in said)} if said else {}

    async def _tokenize(self, request: web.Request) -> web.Response:
        async with self.clients.body(request) as raw:
            asked = read_tokenize(raw)
            async with self._lanes.by_name["documents"].request() as server:
                return web.json_response(await server.tokenize(asked))

    async def _models(self, _request: web.Request) -> web.Response:
        known = {"object": "model", "created": self._began, "owned_by": "llama.cpp"}
        return web.json_response(
            {"object": "list", "data": [{"id": name, **known} for name in self._model.names]}
        )

    async def _live(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _ready(self, _request: web.Request) -> web.Response:
        """Tell whether new clients should come here; asks no server, which could be busy or be replaced."""
        if self.draining or any(lane.server is None for lane in self._lanes.by_name.values()):
            return web.json_response({"status": "unavailable"}, status=503, headers={"Retry-After": "1"})
        return web.json_response({"status": "ok"})

    async def _health(self, _request: web.Request) -> web.Response:
        well = await asyncio.gather(*map(_is_well, self._lanes.by_name.values()))
        said = ["ok" if ok else "unavailable" for ok in (all(well), *well)]
        told = {"status": said[0], "lanes": dict(zip(self._lanes.by_name, said[1:], strict=True))}
        if all(well):
            return web.json_response(told)
        return web.json_response(told, status=503, headers={"Retry-After": "1"})

    async def _all_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=await self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4"}
        )

    async def _openapi(self, _request: web.Request) -> web.Response:
        described = json.loads(_DESCRIPTION.read_bytes())
        properties = described["components"]["schemas"]["Wanted"]["properties"]
        properties["model"]["enum"] = [*self._model.names, None]
        properties["dimensions"]["maximum"] = self._model.width
        return web.json_response(described)


async def _is_well(lane: Lane) -> bool:
    return bool(lane.server and await lane.server.read("/health", HEALTH_SECONDS))
