"""Finds out which Docker engine answers, and refuses to go on when it is not the one that the stack lives on.

Run as `python3 -m components.commands.engine_check` with ENGINE_CHECK_ID, the id of the stack's engine, in the
environment. On another engine nothing of the stack is there: a destruction would forget it all, and leave it running.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from components.engine.docker_cli import EngineError, EngineTimeoutError, run
from components.program.entry import run_to_end

ANSWER_SECONDS = 20
"""Within these the engine must answer: a preview goes on without it."""

CHANGED = """The Docker engine that answers is not the one that this stack lives on; nothing was changed.
It has the id {found}, and the stack's has {known} (`docker info --format '{{{{.ID}}}}'`).
The containers and volumes of the stack, with their data, are there and not here.
- Asked by mistake? Correct DOCKER_HOST, or the setting docker:host, and run this again.
- To move to this engine: `pulumi destroy` while the stack's answers, with a backup of the documents before
  (`python -m jinactl backup`), then `pulumi up` here.
- If the stack's is gone for good: pulumi config set dockerEngine {found}
  then `pulumi up --target '**::engine'`, and `pulumi up --refresh`, which makes here what is not here."""

NONE_ANSWERS = """No Docker engine answers, so whether it is the one that this stack lives on is not known: {said}
Start it, or correct its address (DOCKER_HOST, or the setting docker:host), and run this again."""


def engine_id(variables: Mapping[str, str] | None = None) -> str:
    """Return the id of the engine that answers; it keeps it for as long as its data.

    `variables` are the environment in which it is looked for, this program's own where none is given. Raises
    EngineError when none answers.
    """
    try:
        done = run(["docker", "info", "--format", "{{.ID}}"], seconds=ANSWER_SECONDS, variables=variables)
    except EngineTimeoutError as error:
        raise EngineError(NONE_ANSWERS.format(said=error)) from error
    found = done.stdout.decode(errors="replace").strip()
    if done.returncode != 0 or not found:
        raise EngineError(NONE_ANSWERS.format(said=done.stderr.decode(errors="replace").strip()))
    return found


def work() -> str:
    """Compare the engine that answers with that of the environment; return which it is."""
    known, found = os.environ["ENGINE_CHECK_ID"], engine_id()
    if found != known:
        raise EngineError(CHANGED.format(found=found, known=known))
    return f"the Docker engine is {found}"


if __name__ == "__main__":
    sys.exit(run_to_end(work))
