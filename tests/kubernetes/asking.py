"""A program for a pod of the gateway's image: asks for embeddings at a steady pace, and writes down each answer.

Run as `python3 asking.py URL PER_SECOND`; ends when a line comes on standard input, and prints what it saw as JSON: for
each request when it began and ended, in seconds, and the first number of the embedding or the fault.
"""

import asyncio
import json
import sys
import time

import aiohttp

TEXT = "How do I restart a pod?"
PATIENCE = 60


async def main(url: str, per_second: float) -> None:
    """Ask until a line comes."""
    seen: list[tuple[float, float, float | str]] = []
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    asked: set[asyncio.Task[None]] = set()
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        print("asking", flush=True)
        while not ended.done():
            asked.add(asyncio.create_task(ask(session, url, seen)))
            await asyncio.sleep(1 / per_second)
        await asyncio.gather(*asked)
    print(json.dumps(seen), flush=True)


async def ask(session: aiohttp.ClientSession, url: str, seen: list[tuple[float, float, float | str]]) -> None:
    """Ask once."""
    began = time.monotonic()
    try:
        async with session.post(url, json={"input": TEXT}) as answer:
            text = await answer.text()
            found = (
                json.loads(text)["data"][0]["embedding"][0]
                if answer.status == 200
                else f"{answer.status} {text}"
            )
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError) as error:
        found = repr(error)
    seen.append((began, time.monotonic(), found))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2])))
