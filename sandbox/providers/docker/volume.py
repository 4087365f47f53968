"""`docker.Volume`: a named volume of the engine (terraform-provider-docker, resource_docker_volume.go)."""

import time
from typing import Any

from sandbox.providers.docker.bridged import BridgedResource, live
from sandbox.providers.docker.engine import engine_errors, labels_from_map, labels_to_map
from sandbox.providers.resource import Created, Live, Operation, ProviderError
from sandbox.providers.values import Properties

REMOVAL_SECONDS = 30
"""How long a volume in use is tried, as the official provider does."""

DELAY_SECONDS = 2
"""So long the official provider waits before it removes a volume."""


class Volume(BridgedResource):
    """A volume; every change replaces it, and with it goes what it holds."""

    token = "docker:index/volume:Volume"  # noqa: S105 (a type, not a secret)
    terraform_name = "docker_volume"
    autonamed = True
    unsupported = frozenset({"cluster"})

    def create(self, inputs: Properties, operation: Operation) -> Created:  # noqa: ARG002, D102
        api = self.engine.api
        with engine_errors("Unable to create volume"):
            answer = api.create_volume(
                inputs["name"],
                driver=inputs.get("driver"),
                driver_opts=inputs.get("driverOpts"),
                labels=labels_to_map(inputs.get("labels")),
            )
        return Created(answer["Name"], _state(answer))

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:  # noqa: ARG002, D102
        api = self.engine.api
        with engine_errors("Unable to inspect volume", gone_is_fine=True):
            return live(identifier, _state(api.inspect_volume(identifier)), inputs)
        return None

    def delete(  # noqa: D102
        self,
        identifier: str,
        inputs: Properties,  # noqa: ARG002
        computed: Properties,  # noqa: ARG002
        operation: Operation,
    ) -> None:
        api = self.engine.api
        time.sleep(DELAY_SECONDS)
        until = time.monotonic() + REMOVAL_SECONDS
        while True:
            try:
                with engine_errors("Unable to remove volume", gone_is_fine=True):
                    api.remove_volume(identifier)
            except ProviderError as error:
                waits = "volume is in use" in str(error) and time.monotonic() < until
                if not waits or operation.cancelled.wait(1):
                    raise
            else:
                return


def _state(volume: dict[str, Any]) -> Properties:
    return {
        "name": volume["Name"],
        "labels": labels_from_map(volume.get("Labels")),
        "driver": volume["Driver"],
        "driverOpts": volume.get("Options") or {},
        "mountpoint": volume["Mountpoint"],
    }
