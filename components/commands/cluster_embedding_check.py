"""Proves that embeddings come from a Service of a cluster as the model promises.

Run as `python3 -m components.commands.cluster_embedding_check` with KUBECTL_* and EMBEDDING_CHECK_* in the environment:
URL is where to ask, also kubectl://, and SELECTOR has the labels of the pods that explain a failure.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from components.kubernetes.errors import ForbiddenError, KubectlError, NoKubectlError
from components.kubernetes.forward import forwarded
from components.kubernetes.kubectl import Target
from components.kubernetes.live_pods import Pods
from components.program.entry import run_to_end, say
from components.program.errors import CheckError
from components.say import Say, say_nothing
from components.startup.embedding import PATIENCE, Promise, ask_at, prove
from components.startup.waiting import NotReadyError


@dataclass(frozen=True, kw_only=True)
class Check:
    """What to ask at `url`, what the answer must be, and the pods that answer."""

    url: str
    promise: Promise
    pods: Pods

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Check:
        """Read the check from KUBECTL_* and EMBEDDING_CHECK_* variables."""
        url = environment["EMBEDDING_CHECK_URL"]
        return cls(
            url=url,
            promise=Promise(
                place=url,
                model=environment["EMBEDDING_CHECK_MODEL"],
                width=int(environment["EMBEDDING_CHECK_WIDTH"]),
                api_key=environment.get("EMBEDDING_CHECK_API_KEY", ""),
            ),
            pods=Pods(
                target=Target.from_environment(environment),
                selector=environment["EMBEDDING_CHECK_SELECTOR"],
            ),
        )


def run(check: Check, patience: float = PATIENCE, say: Say = say_nothing) -> str:
    """Ask for an embedding and judge it, as `prove` does; return what was seen in one line.

    Raises CheckError, which tells the state of the pods too, and KubectlError where the cluster can't be asked.
    """

    def ask(body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            url = forwarded(check.url)
        except (NoKubectlError, ForbiddenError):
            raise
        except KubectlError as error:
            # A Service whose pods are still starting has none to forward to.
            raise NotReadyError(str(error)) from error
        return ask_at(url, body, headers)

    try:
        return prove(check.promise, ask, check.pods, patience=patience, say=say)
    except CheckError as error:
        raise CheckError(f"{error}\nThe pods behind it:\n{check.pods.described()}") from error


def work() -> str:
    """Run the check that the environment describes; return what was seen."""
    return run(Check.from_environment(os.environ), say=say)


if __name__ == "__main__":
    sys.exit(run_to_end(work))
