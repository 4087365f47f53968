"""`docker.Network`: a network of the engine (terraform-provider-docker, resource_docker_network.go)."""

import time
from typing import Any

from sandbox.providers.docker.bridged import BridgedResource, live
from sandbox.providers.docker.engine import engine_errors, labels_from_map, labels_to_map
from sandbox.providers.resource import Created, Live, Operation, ProviderError
from sandbox.providers.values import Properties

REMOVAL_SECONDS = 30
"""How long a network that still has containers on it is tried, as the official provider does."""

DELAY_SECONDS = 2
"""So long the official provider waits before it first looks at a network, or removes one."""


class Network(BridgedResource):
    """A network; the engine can change nothing of one, so every change replaces it."""

    token = "docker:index/network:Network"  # noqa: S105 (a type, not a secret)
    terraform_name = "docker_network"
    autonamed = True

    def create(self, inputs: Properties, operation: Operation) -> Created:  # noqa: ARG002, D102
        ipam = {
            "Driver": inputs.get("ipamDriver", "default"),
            "Config": [_pool(pool) for pool in inputs.get("ipamConfigs", [])],
            "Options": inputs.get("ipamOptions"),
        }
        api = self.engine.api
        with engine_errors("Unable to create network"):
            answer = api.create_network(
                inputs["name"],
                driver=inputs.get("driver"),
                options=inputs.get("options"),
                ipam=ipam,
                check_duplicate=True,
                internal=inputs.get("internal", False),
                labels=labels_to_map(inputs.get("labels")),
                enable_ipv6=inputs.get("ipv6", False),
                attachable=inputs.get("attachable"),
                ingress=inputs.get("ingress"),
            )
        identifier: str = answer["Id"]
        time.sleep(DELAY_SECONDS)
        with engine_errors("Unable to read network"):
            return Created(identifier, _state(api.inspect_network(identifier)))

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:  # noqa: ARG002, D102
        api = self.engine.api
        time.sleep(DELAY_SECONDS)
        with engine_errors("Unable to read network", gone_is_fine=True):
            return live(identifier, _state(api.inspect_network(identifier)), inputs)
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
                with engine_errors("Unable to remove network", gone_is_fine=True):
                    api.remove_network(identifier)
            except ProviderError as error:
                waits = "has active endpoints" in str(error) and time.monotonic() < until
                if not waits or operation.cancelled.wait(1):
                    raise
            else:
                return


def _pool(pool: dict[str, Any]) -> dict[str, Any]:
    names = {
        "subnet": "Subnet",
        "ipRange": "IPRange",
        "gateway": "Gateway",
        "auxAddress": "AuxiliaryAddresses",
    }
    return {names[name]: value for name, value in pool.items()}


def _state(network: dict[str, Any]) -> Properties:
    """Return the engine's description of a network in the SDK's names."""
    ipam = network.get("IPAM") or {}
    names = {
        "Subnet": "subnet",
        "IPRange": "ipRange",
        "Gateway": "gateway",
        "AuxiliaryAddresses": "auxAddress",
    }
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
