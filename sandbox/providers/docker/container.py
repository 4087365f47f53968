"""`docker.Container`: a container (terraform-provider-docker, resource_docker_container.go and _funcs.go)."""

import json
from typing import Any

from sandbox.providers.checking import Failure
from sandbox.providers.docker import container_config
from sandbox.providers.docker.bridged import BridgedResource, live
from sandbox.providers.docker.container_checks import container_failures
from sandbox.providers.docker.container_health import wait_until_healthy
from sandbox.providers.docker.container_state import read_state
from sandbox.providers.docker.engine import engine_errors
from sandbox.providers.resource import Created, Live, Operation, PartialFailureError, ProviderError, named
from sandbox.providers.values import Properties, plain

LIMITS = frozenset({"restart", "cpuShares", "memory", "memoryReservation", "cpuSet", "memorySwap"})
"""What the provider changes of a container that exists. All else that doesn't replace it is only recorded."""

WAIT_SECONDS = 60


class Container(BridgedResource):
    """A container. Nearly every change replaces it, and the old one is removed first."""

    token = "docker:index/container:Container"  # noqa: S105 (a type, not a secret)
    terraform_name = "docker_container"
    autonamed = True
    delete_before_replace = True
    implemented = named(
        "name image command envs user labels ports mounts networkMode networksAdvanced hosts deviceRequests cpus "
        "cpuPeriod cpuQuota cpuShares memory memorySwap healthcheck wait waitTimeout mustRun restart "
        "destroyGraceSeconds tmpfs readOnly capabilities securityOpts logDriver logOpts",
        labels="label value",
        ports="internal external ip",
        mounts="type source target readOnly",
        networksAdvanced="name aliases",
        hosts="host ip",
        deviceRequests="driver count deviceIds capabilities",
        healthcheck="tests interval timeout startPeriod retries",
        capabilities="drops",
    )

    def check(self, inputs: Properties, operation: Operation) -> tuple[Properties, list[Failure]]:
        return inputs, list(container_failures(plain(inputs)))

    def create(self, inputs: Properties, operation: Operation) -> Created:
        body = container_config.body(inputs)
        api = self.engine.api
        with engine_errors(f"Unable to create container {inputs['name']} with image {inputs['image']}"):
            identifier: str = api.create_container_from_config(body, inputs["name"])["Id"]
        try:
            self._attach_networks(identifier, inputs)
            self._start(identifier, inputs)
        except ProviderError as error:
            raise PartialFailureError(str(error), Created(identifier, {})) from error
        return Created(identifier, self._state(identifier, inputs, operation))

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:
        with engine_errors("Unable to inspect container", gone_is_fine=True):
            return live(identifier, self._state(identifier, inputs, operation), inputs)
        return None

    def update(
        self,
        identifier: str,
        old: Properties,
        new: Properties,
        computed: Properties,
        operation: Operation,
    ) -> Properties:
        changed = self.differences({}, old, new, ()).keys()
        api = self.engine.api
        try:
            if "mustRun" in changed and new.get("mustRun", True):
                with engine_errors("Unable to start container"):
                    api.start(identifier)
            if changed & LIMITS:
                with engine_errors("Unable to update a container"):
                    api.update_container(identifier, **_limits(new))
        except ProviderError as error:
            # What was asked for is the state from now on, though nothing has come of it.
            raise PartialFailureError(str(error), Created(identifier, computed)) from error
        return computed

    def delete(
        self,
        identifier: str,
        inputs: Properties,
        computed: Properties,
        operation: Operation,
    ) -> None:
        api = self.engine.api
        with engine_errors(f"Error stopping container {identifier}", gone_is_fine=True):
            api.stop(identifier, timeout=inputs.get("destroyGraceSeconds", 0))
        with engine_errors(f"Error deleting container {identifier}", gone_is_fine=True):
            try:
                api.remove_container(identifier, v=True, force=True)
            except OSError as error:
                if "is already in progress" not in str(error):
                    raise

    def _attach_networks(self, identifier: str, inputs: Properties) -> None:
        """Take the container off the default network and put it on those that the stack names."""
        networks = inputs.get("networksAdvanced", [])
        if not networks:
            return
        api = self.engine.api
        if inputs.get("networkMode", "bridge") in {"bridge", "default"}:
            with engine_errors("Unable to disconnect the default network"):
                api.disconnect_container_from_network(identifier, "bridge")
        for network in networks:
            with engine_errors(f"Unable to connect to network '{network['name']}'"):
                api.connect_container_to_network(identifier, network["name"], aliases=network.get("aliases"))

    def _start(self, identifier: str, inputs: Properties) -> None:
        """Start the container, then wait for its health if asked."""
        api = self.engine.api
        with engine_errors("Unable to start container"):
            api.start(identifier)
        if inputs.get("wait", False):
            wait_until_healthy(api, identifier, inputs.get("waitTimeout", WAIT_SECONDS))

    def _state(self, identifier: str, before: Properties, operation: Operation) -> Properties:
        """Read the container, and write all that the engine says of it into the log, its environment too."""
        container = self.engine.api.inspect_container(identifier)
        shown = json.dumps(container, indent="\t")
        operation.report("debug", f"[DEBUG] Docker container inspect from stateFunc: {shown}", False)
        return read_state(container, before)


def _limits(inputs: Properties) -> dict[str, Any]:
    """Return the arguments of the engine's update; a limit that is no longer wanted is 0, which the engine ignores."""
    return {
        "restart_policy": container_config.restart_policy(inputs),
        "cpu_shares": inputs.get("cpuShares", 0),
        "cpuset_cpus": "",
        "mem_limit": container_config.in_bytes(inputs.get("memory", 0)),
        "mem_reservation": 0,
        "memswap_limit": container_config.in_bytes(inputs.get("memorySwap", 0)),
    }
