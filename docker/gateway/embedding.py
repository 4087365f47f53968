"""Embeds what a request wants: lengths first, then the texts in parts, so that no request has a lane to itself."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.lanes import Lane
from gateway.refusal import RefusedError, wrong
from gateway.rules import Model, Vectors, cut, may_exceed, shortened
from gateway.server import Embedded, Server, TooLongError
from gateway.wanted import Wanted

PART = 32
"""Texts that a server is asked for at a time: several for each of its slots, and few enough that others get a turn."""

PARTS_AT_ONCE = 2
"""One part is computed, and the next one is there when it ends."""

Input = str | list[int]


@dataclass(frozen=True)
class Answer:
    """The vectors of all texts in their order, cut to the wanted dims; `shortened` has the positions of cut texts."""

    parts: Sequence[Vectors]
    tokens: int
    shortened: Sequence[int]


async def embed(wanted: Wanted, lane: Lane, model: Model) -> Answer:
    """Embed all texts on one server. Raises RefusedError."""
    with lane.request() as server:
        inputs, too_long = await _fitting(wanted, server, model.context)
        parts = [inputs[start : start + PART] for start in range(0, len(inputs), PART)]
        try:
            done = await _in_turn(parts, server, model.width)
        except TooLongError as error:
            raise await _at_its_position(error.tokens, inputs, server) from None
    return Answer(
        parts=[cut(part.vectors, wanted.dims) for part in done],
        tokens=sum(part.tokens for part in done),
        shortened=too_long,
    )


async def _fitting(wanted: Wanted, server: Server, context: int) -> tuple[list[Input], list[int]]:
    inputs: list[Input] = list(wanted.texts)
    too_long = []
    for position, text in enumerate(wanted.texts):
        if not may_exceed(text, context):
            continue
        tokens = await server.tokenize(text, special=True)
        if len(tokens) <= context:
            continue
        if not wanted.truncate:
            raise _too_long(position, len(tokens), context)
        inputs[position] = shortened(tokens, await server.tokenize(text, special=False), context)
        too_long.append(position)
    return inputs, too_long


async def _in_turn(parts: Sequence[Sequence[Input]], server: Server, width: int) -> list[Embedded]:
    if len(parts) == 1:
        return [await server.embed(parts[0], width)]
    turn = asyncio.Semaphore(PARTS_AT_ONCE)

    async def one(part: Sequence[Input]) -> Embedded:
        async with turn:
            return await server.embed(part, width)

    tasks = [asyncio.ensure_future(one(part)) for part in parts]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


async def _at_its_position(tokens: int, inputs: Sequence[Input], server: Server) -> RefusedError:
    """Find the text that a server found too long, though it fits into the context that the gateway was told."""
    for position, text in enumerate(inputs):
        if isinstance(text, str) and len(await server.tokenize(text, special=True)) == tokens:
            return _too_long(position, tokens, None)
    return wrong(
        f"One of the inputs has {tokens} tokens, more than the server takes.", "input", "input_too_long"
    )


def _too_long(position: int, tokens: int, context: int | None) -> RefusedError:
    limit = f"the context is {context}" if context else "the server takes fewer"
    return wrong(
        f"input[{position}] has {tokens} tokens, prefix included, and {limit}: split the text, or send "
        '"truncate": true to have its beginning embedded.',
        f"input[{position}]",
        "input_too_long",
    )
