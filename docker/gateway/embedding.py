"""Embeds what a request wants: lengths first, then the texts in parts, so that no request has a lane to itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.lanes import Lanes
from gateway.refusal import wrong
from gateway.rules import Model, Vectors, cut, may_exceed, shortened
from gateway.server import Embedded, Server
from gateway.wanted import Wanted

PART = 32
"""Texts that a server is asked for at a time: several for each of its slots, and few enough that others get a turn."""

PARTS_AT_ONCE = 2
"""One part is computed, and the next one is there when it ends."""


@dataclass(frozen=True)
class Answer:
    """The vectors of all texts in their order, cut to the wanted dims.

    `shortened` has the positions of texts of which only the first `context` tokens were embedded.
    """

    parts: Sequence[Vectors]
    tokens: int
    context: int
    shortened: Sequence[int]


async def embed(wanted: Wanted, lanes: Lanes, model: Model) -> Answer:
    """Embed all texts on one server; queries longer than the context of theirs go to that of the documents.

    The server that embeds the texts is also the one whose context they are held against, whatever is switched
    meanwhile. Raises RefusedError.
    """
    if wanted.lane == "queries":
        async with lanes.by_name["queries"].request() as server:
            if await _has_room(wanted.texts, server):
                return await _answer(wanted, wanted.texts, [], server, model.width)
    async with lanes.by_name["documents"].request() as server:
        inputs, too_long = await _fitting(wanted, server)
        return await _answer(wanted, inputs, too_long, server, model.width)


async def _answer(
    wanted: Wanted, inputs: Sequence[str | list[int]], too_long: Sequence[int], server: Server, width: int
) -> Answer:
    parts = [inputs[start : start + PART] for start in range(0, len(inputs), PART)]
    done = await _in_turn(parts, server, width)
    return Answer(
        parts=[cut(part.vectors, wanted.dims) for part in done],
        tokens=sum(part.tokens for part in done),
        context=server.context,
        shortened=too_long,
    )


async def _has_room(texts: Sequence[str], server: Server) -> bool:
    for text in texts:
        if may_exceed(text, server.context) and len(await _tokens(text, server)) > server.context:
            return False
    return True


async def _fitting(wanted: Wanted, server: Server) -> tuple[list[str | list[int]], list[int]]:
    inputs: list[str | list[int]] = list(wanted.texts)
    too_long = []
    context = server.context
    for position, text in enumerate(wanted.texts):
        if not may_exceed(text, context):
            continue
        tokens = await _tokens(text, server)
        if len(tokens) <= context:
            continue
        if not wanted.truncate:
            raise wrong(
                f"input[{position}] has {len(tokens)} tokens, prefix included, and the context is {context}: "
                'split the text, or send "truncate": true to have its beginning embedded.',
                f"input[{position}]",
                "input_too_long",
            )
        inputs[position] = shortened(tokens, await _tokens(text, server, special=False), context)
        too_long.append(position)
    return inputs, too_long


async def _tokens(text: str, server: Server, *, special: bool = True) -> list[int]:
    """Return the ids of a text's tokens, with those that the model puts around it where `special`."""
    answer = await server.tokenize({"content": text, "add_special": special})
    tokens: list[int] = answer.get("tokens", [])
    return tokens


async def _in_turn(parts: Sequence[Sequence[str | list[int]]], server: Server, width: int) -> list[Embedded]:
    if len(parts) == 1:
        return [await server.embed(parts[0], width)]
    turn = asyncio.Semaphore(PARTS_AT_ONCE)

    async def one(part: Sequence[str | list[int]]) -> Embedded:
        async with turn:
            return await server.embed(part, width)

    tasks = [asyncio.ensure_future(one(part)) for part in parts]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
