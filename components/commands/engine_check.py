"""Refuses to continue if the Docker engine that answers is not the one that the stack lives on.

Run as `python3 -m components.commands.engine_check` with ENGINE_CHECK_ID, the id of the stack's engine, in the
environment. Nothing of the stack is on another engine: a destroy would forget everything, and leave it running.
"""

from __future__ import annotations

import os
import sys

from components.engine.errors import AnotherEngineError
from components.engine.info import engine_id
from components.program.entry import run_to_end


def work() -> str:
    """Compare the engine that answers with the one named in the environment; return its description."""
    known, found = os.environ["ENGINE_CHECK_ID"], engine_id()
    if found != known:
        raise AnotherEngineError(found=found, known=known)
    return f"the Docker engine is {found}"


if __name__ == "__main__":
    sys.exit(run_to_end(work))
