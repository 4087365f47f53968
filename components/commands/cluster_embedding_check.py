"""Proves that the gateway of a cluster gives embeddings as the model promises, where people ask for them.

Run as `python3 -m components.commands.cluster_embedding_check` with KUBECTL_*, EMBEDDING_CHECK_URL, a kubectl://
address of /v1/embeddings, EMBEDDING_CHECK_MODEL, EMBEDDING_CHECK_WIDTH, EMBEDDING_CHECK_API_KEY, and
EMBEDDING_CHECK_SELECTOR, the labels of the servers' pods, in the environment.
"""

from __future__ import annotations

import os
import sys

from components.backoff import Backoff, Patience
from components.commands.embedding_check import Check, ask, verify
from components.kubernetes.errors import KubectlError
from components.kubernetes.forward import forwarded
from components.kubernetes.kubectl import Target, run
from components.program.entry import run_to_end, say
from components.program.errors import CheckError
from components.startup.waiting import NotReadyError

PATIENCE = Patience(limit=120.0, first_pause=0.5, longest_pause=2.0)
LINES = 20


def work() -> str:
    """Run the check that the environment describes; return what was seen."""
    check = Check.from_environment(os.environ)
    backoff = Backoff(PATIENCE)
    while True:
        try:
            vector = ask(check, forwarded(check.url))
            break
        except (NotReadyError, KubectlError) as error:
            if not backoff.again():
                raise CheckError(f"{check.place} gives no embedding: {error}\n{_pods()}") from error
            if backoff.failures == 1:
                say(f"waiting for an embedding: {error}")
    verify(vector, check)
    return f"{check.model} answers with {len(vector)} finite numbers of length 1"


def _pods() -> str:
    """Return what the servers' pods are at, and their last lines."""
    target, selector = Target.from_environment(os.environ), os.environ["EMBEDDING_CHECK_SELECTOR"]
    try:
        state = run(["get", "pods", f"--selector={selector}", "--output=wide"], target)
        log = run(
            ["logs", f"--selector={selector}", "--all-containers", f"--tail={LINES}", "--prefix"], target
        )
    except KubectlError as error:
        return str(error)
    return f"{state}The last lines of their logs:\n{log}"


if __name__ == "__main__":
    sys.exit(run_to_end(work))
