"""Runs the cases of a client in a process of its own, and prints what came of each as JSON."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

TEXTS = ["why do my pods keep restarting", "bread that is baked slowly tastes better"]
DIMS = 64
TOO_LONG = "tide harbour pod memory index " * 400


@dataclass(frozen=True)
class At:
    """Where a case asks: the base address of an OpenAI client, the key, and the model."""

    base: str
    key: str
    model: str

    def role(self, name: str) -> str:
        """Return the base address of a role: query or document."""
        return self.base.removesuffix("/v1") + f"/{name}/v1"


Case = Callable[[At], Any]


def run(cases: Mapping[str, Case]) -> None:
    """Run each case, asking at an address that begins with its name, and print vectors or errors by case."""
    address, key, model = sys.argv[1:]
    found = {}
    for name, case in cases.items():
        given = "wrong" if name == "wrong_key" else key
        found[name] = _outcome(case, At(f"{address}/{name}/v1", given, model))
    print(json.dumps(found))


def _outcome(case: Case, at: At) -> dict[str, Any]:
    try:
        found = case(at)
        return {"vectors": asyncio.run(_awaited(found)) if asyncio.iscoroutine(found) else found}
    except Exception as error:  # noqa: BLE001 (what a client raises is what is asked for)
        return {"error": type(error).__name__, "message": str(error)}


async def _awaited(found: Coroutine[Any, Any, Any]) -> Any:
    return await found
