"""Proves that a running llama-server returns embeddings as its model promises.

Run as `python3 -m components.commands.embedding_check` with its settings in the environment. With EMBEDDING_CHECK_URL
the server is asked at that address; without it, inside its container, before any other request goes there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from components.engine.container import Container
from components.program.entry import run_to_end, say
from components.say import Say, say_nothing
from components.startup.embedding import ANSWER_SECONDS, PATH, PATIENCE, Promise, ask_at, prove


@dataclass(frozen=True)
class Check:
    """What to ask, and what the answer must be.

    `url` is the full address of /v1/embeddings, or empty to ask on `port` inside `container`.
    """

    url: str
    port: int
    model: str
    width: int
    container: str
    api_key: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Check:
        """Read the check from EMBEDDING_CHECK_* variables."""
        return cls(
            url=environment.get("EMBEDDING_CHECK_URL", ""),
            port=int(environment["EMBEDDING_CHECK_PORT"]),
            model=environment["EMBEDDING_CHECK_MODEL"],
            width=int(environment["EMBEDDING_CHECK_WIDTH"]),
            container=environment["EMBEDDING_CHECK_CONTAINER"],
            api_key=environment.get("EMBEDDING_CHECK_API_KEY", ""),
        )

    @property
    def promise(self) -> Promise:
        """What the answer must be."""
        return Promise(
            place=self.url or f"llama-server in container {self.container}",
            model=self.model,
            width=self.width,
            api_key=self.api_key,
        )


def run(
    check: Check,
    container: Container,
    patience: float = PATIENCE,
    say: Say = say_nothing,
) -> str:
    """Ask for an embedding and judge it, as `prove` does; return what was seen in one line. Raises CheckError."""

    def ask(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        if check.url:
            return ask_at(check.url, body, headers)
        return container.post(check.port, PATH, body, headers, ANSWER_SECONDS)

    return prove(check.promise, ask, container, patience=patience, say=say)


def work() -> str:
    """Run the check that the environment describes; return what was seen."""
    check = Check.from_environment(os.environ)
    return run(check, Container(check.container), say=say)


if __name__ == "__main__":
    sys.exit(run_to_end(work))
