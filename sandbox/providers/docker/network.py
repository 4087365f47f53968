"""`docker.Network`: a network of the engine (terraform-provider-docker, resource_docker_network.go)."""

import time
from typing import Any

from sandbox.providers.docker.bridged import BridgedResource, live
from sandbox.providers.docker.engine import DELAY_SECONDS, engine_errors, labels_from_map, remove_when_unused
from sandbox.providers.resource import Created, Live, Operation, named
from sandbox.providers.values import Properties


class Network(BridgedResource):
    """A network; the engine can change nothing of one, so every change replaces it."""

    token = "docker:index/network:Network"  # noqa: S105 (a type, not a secret)
    terraform_name = "docker_network"
    implemented = named("name driver")
    autonamed = True

    def create(self, inputs: Properties, operation: Operation) -> Created:
        api = self.engine.api
        with engine_errors("Unable to create network"):
            answer = api.create_network(inputs["name"], driver=inputs.get("driver"), check_duplicate=True)
        identifier: str = answer["Id"]
        time.sleep(DELAY_SECONDS)
        with engine_errors("Unable to read network"):
            return Created(identifier, _state(api.inspect_network(identifier)))

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:
        time.sleep(DELAY_SECONDS)
        with engine_errors("Unable to read network", gone_is_fine=True):
            return live(identifier, _state(self.engine.api.inspect_network(identifier)), inputs)
        return None

    def delete(self, identifier: str, inputs: Properties, computed: Properties, operation: Operation) -> None:
        remove_when_unused(
            lambda: self.engine.api.remove_network(identifier),
            "Unable to remove network",
            "has active endpoints",
            operation,
        )


def _state(network: dict[str, Any]) -> Properties:
    """Return the engine's description of a network in the SDK's names."""
    ipam = network.get("IPAM") or {}
    names = {"Subnet": "subnet", "Gateway": "gateway"}
    pools = [{names[key]: pool[key] for key in names if pool.get(key)} for pool in ipam.get("Config") or []]
    return {
        "name": network["Name"],
        "labels": labels_from_map(network.get("Labels")),
        "driver": network["Driver"],
        "internal": network["Internal"],
        "attachable": network["Attachable"],
        "ingress": network["Ingress"],
        "ipv6": network["EnableIPv6"],
        "ipamDriver": ipam.get("Driver", "default"),
        "ipamOptions": ipam.get("Options") or {},
        "ipamConfigs": pools,
        "options": network.get("Options") or {},
        "scope": network["Scope"],
    }
