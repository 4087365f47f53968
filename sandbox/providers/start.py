"""Starts a stand-in: `main("docker")`, in a process of its own, as the plugin's launcher does."""

import gc
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


def main(provider: str) -> None:
    """Serve the stand-in `provider` to the engine whose address is the process's first argument."""
    leave_out_sdk()
    # The same for the asynchronous half of grpc, which nothing here uses.
    sys.modules["grpc.aio"] = ModuleType("grpc.aio")
    plugin = import_module(f"sandbox.providers.{provider}.plugin").plugin
    serve = import_module("sandbox.providers.server").serve
    # The launcher has switched collection off: what is loaded by now lives as long as the process.
    gc.freeze()
    gc.enable()
    serve(plugin, provider)


def leave_out_sdk() -> None:
    """Put empty packages in the place of `pulumi` and `pulumi.runtime`, for the whole process.

    `import pulumi` takes a quarter of a second, which every preview would pay. The generated messages, all that a
    provider wants of it, need only protobuf and grpc.
    """
    spec = find_spec("pulumi")
    if spec is None or spec.origin is None:
        raise ImportError("the package pulumi is not installed in this virtual environment")
    folder = Path(spec.origin).parent
    for name, path in (
        ("pulumi", folder),
        ("pulumi.runtime", folder / "runtime"),
        ("pulumi.runtime.proto", folder / "runtime" / "proto"),
    ):
        package = ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package
