"""Pulumi's protocol messages without Pulumi's Python SDK around them.

`import pulumi` takes half a second, which a provider would pay at every preview. The generated messages need only
protobuf and grpc, so this module imports them with empty packages in the place of `pulumi` and `pulumi.runtime`. In a
process that has imported the SDK already (tests), nothing is replaced.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType


def _stand_in_packages() -> None:
    if "pulumi" in sys.modules:
        return
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


_stand_in_packages()

from pulumi.runtime.proto import (  # noqa: E402
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

__all__ = [
    "engine_pb2",
    "engine_pb2_grpc",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "status_pb2",
]
