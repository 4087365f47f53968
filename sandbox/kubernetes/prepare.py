"""Prepares what clusters run on, so that the long pieces of work are done, and shown, before tests begin."""

import sys

from sandbox.docker.engine import ensure_engine
from sandbox.errors import SandboxError
from sandbox.kubernetes.binaries import ensure_binaries, ensure_provider
from sandbox.kubernetes.images import ensure_node_image
from sandbox.machine.cache import cache_root
from sandbox.show.steps import Steps


def main() -> int:
    """Compile the programs and the provider, and build the image of the machines; return the exit code."""
    cache = cache_root()
    steps = Steps(cache / "timings.json")
    try:
        # One after another: each keeps all CPUs busy.
        for name, ensure in (
            ("docker engine", ensure_engine),
            ("Kubernetes", ensure_binaries),
            ("Pulumi kubernetes plugin", ensure_provider),
            ("cluster's machines", ensure_node_image),
        ):
            with steps.step(name) as say:
                ensure(cache, say)
    except SandboxError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    steps.remember()
    return 0


if __name__ == "__main__":
    sys.exit(main())
