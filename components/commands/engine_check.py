"""Refuses to go on when another Docker engine answers than the one that the stack lives on.

Run as `python3 -m components.commands.engine_check` with ENGINE_CHECK_ID, the id of the stack's engine, in the
environment. On another engine nothing of the stack is there: a destruction would forget it all, and leave it running.
"""

from __future__ import annotations

import os
import sys

from components.engine.errors import AnotherEngineError
from components.engine.info import engine_id
from components.program.entry import run_to_end


def work() -> str:
    """Compare the engine that answers with that of the environment; return which it is."""
    known, found = os.environ["ENGINE_CHECK_ID"], engine_id()
    if found != known:
        raise AnotherEngineError(found=found, known=known)
    return f"the Docker engine is {found}"


if __name__ == "__main__":
    sys.exit(run_to_end(work))
