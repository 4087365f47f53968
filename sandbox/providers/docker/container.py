"""`docker.Container`: a container (terraform-provider-docker, resource_docker_container.go and _funcs.go)."""

from typing import Any

from sandbox.providers.checking import Failure
from sandbox.providers.diff import changes, top_level
from sandbox.providers.docker import container_config, container_state
from sandbox.providers.docker.container_checks import container_failures
from sandbox.providers.docker.container_health import DEFAULT_SECONDS, wait_until_healthy
from sandbox.providers.docker.container_upload import upload
from sandbox.providers.docker.engine import EngineResource, engine_errors
from sandbox.providers.resource import Created, Live, Operation, PartialFailureError, ProviderError
from sandbox.providers.values import Properties, plain

DEFAULTS: Properties = {
    "rm": False,
    "readOnly": False,
    "start": True,
    "wait": False,
    "waitTimeout": DEFAULT_SECONDS,
    "mustRun": True,
    "restart": "no",
    "removeVolumes": True,
    "networkMode": "bridge",
    "memoryReservation": 0,
    "tty": False,
    "stdinOpen": False,
    "containerReadRefreshTimeoutMilliseconds": 15000,
    "attach": False,
    "logs": False,
}

LIMITS = frozenset(
    {"restart", "maxRetryCount", "cpuShares", "memory", "memoryReservation", "cpuSet", "memorySwap"}
)
"""What the engine can change of a container that exists."""

RECORDED_ONLY = frozenset({"healthcheck", "tmpfs", "init", "rm", "cpuPeriod", "cpuQuota"})
"""What the official provider neither replaces for nor applies: the state changes, the container does not."""

ENDS = frozenset(
    {
        "start",
        "wait",
        "waitTimeout",
        "mustRun",
        "attach",
        "logs",
        "removeVolumes",
        "destroyGraceSeconds",
        "containerReadRefreshTimeoutMilliseconds",
    }
)
"""What concerns only the operations on a container, not the container."""


class Container(EngineResource):
    """A container. Nearly every change replaces it, the old one being removed first."""

    token = "docker:index/container:Container"  # noqa: S105 (a type, not a secret)
    autonamed = True
    delete_before_replace = True
    updatable = LIMITS | RECORDED_ONLY | ENDS
    unordered = frozenset(
        {
            "envs",
            "labels",
            "ports",
            "hosts",
            "volumes",
            "mounts",
            "networksAdvanced",
            "capabilities",
            "securityOpts",
            "ulimits",
            "devices",
            "deviceRequests",
            "groupAdds",
            "dns",
            "dnsOpts",
            "dnsSearches",
            "uploads",
        }
    )
    unsupported = frozenset(
        {"attach", "logs", "platform", "deviceReadBps", "deviceReadIops", "deviceWriteBps", "deviceWriteIops"}
    )
    secret_outputs = frozenset({"command", "entrypoints"})

    def check(self, inputs: Properties, operation: Operation) -> tuple[Properties, list[Failure]]:  # noqa: ARG002, D102
        return inputs, list(container_failures(plain(inputs)))

    def normalise(self, inputs: Properties) -> Properties:  # noqa: D102
        filled = {**DEFAULTS, **inputs}
        ports = plain(filled.get("ports"))
        if isinstance(ports, list):
            defaults = {"ip": "0.0.0.0", "protocol": "tcp"}  # noqa: S104 (the official provider's default)
            filled["ports"] = [{**defaults, **port} if isinstance(port, dict) else port for port in ports]
        return {name: value for name, value in filled.items() if value not in ([], {})}

    def create(self, inputs: Properties, operation: Operation) -> Created:  # noqa: D102
        body = container_config.body(inputs)
        api = self.engine.api
        with engine_errors(f"Unable to create container {inputs['name']} with image {inputs['image']}"):
            identifier: str = api.create_container_from_config(body, inputs["name"])["Id"]
        try:
            self._attach_networks(identifier, inputs)
            upload(api, identifier, inputs.get("uploads", []))
            self._start(identifier, inputs, operation)
        except ProviderError as error:
            raise PartialFailureError(
                str(error), Created(identifier, self._computed(identifier, inputs))
            ) from error
        return Created(identifier, self._computed(identifier, inputs))

    def read(self, identifier: str, inputs: Properties, operation: Operation) -> Live | None:  # noqa: ARG002, D102
        api = self.engine.api
        with engine_errors("Unable to inspect container", gone_is_fine=True):
            container = api.inspect_container(identifier)
            drift = container_state.drift(container, inputs)
            return Live(container["Id"], drift, container_state.computed(container, {**inputs, **drift}))
        return None

    def update(  # noqa: D102
        self,
        identifier: str,
        old: Properties,
        new: Properties,
        computed: Properties,  # noqa: ARG002
        operation: Operation,
    ) -> Properties:
        api = self.engine.api
        changed = {top_level(path) for path in changes(self.normalise(old), self.normalise(new))}
        if changed & LIMITS:
            with engine_errors("Unable to update a container"):
                api.update_container(identifier, **_limits(new))
        recorded = sorted(changed & RECORDED_ONLY)
        if recorded:
            operation.report(
                "warning",
                f"a change of {', '.join(recorded)} is recorded but, as with the official provider, does not reach "
                "the container that runs; use the resource option replace_on_changes to have it replaced",
                False,
            )
        try:
            self._start(identifier, new, operation)
        except ProviderError as error:
            raise PartialFailureError(
                str(error), Created(identifier, self._computed(identifier, new))
            ) from error
        return self._computed(identifier, new)

    def delete(  # noqa: D102
        self,
        identifier: str,
        inputs: Properties,
        computed: Properties,  # noqa: ARG002
        operation: Operation,  # noqa: ARG002
    ) -> None:
        api = self.engine.api
        with engine_errors(f"Error stopping container {identifier}", gone_is_fine=True):
            api.stop(identifier, timeout=inputs.get("destroyGraceSeconds", 0))
        with engine_errors(f"Error deleting container {identifier}", gone_is_fine=True):
            try:
                api.remove_container(identifier, v=inputs.get("removeVolumes", True), force=True)
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
                api.connect_container_to_network(
                    identifier,
                    network["name"],
                    aliases=network.get("aliases"),
                    ipv4_address=network.get("ipv4Address"),
                    ipv6_address=network.get("ipv6Address"),
                    link_local_ips=network.get("linkLocalIps"),
                    driver_opt=dict(option.split("=", 1) for option in network.get("driverOpts", [])) or None,
                    mac_address=network.get("macAddress"),
                )

    def _start(self, identifier: str, inputs: Properties, operation: Operation) -> None:
        """Start the container where the stack wants it to run and it does not, then wait for its health if asked."""
        if not inputs.get("start", True):
            return
        api = self.engine.api
        with engine_errors("Unable to inspect container"):
            state = api.inspect_container(identifier)["State"]
        never_started = state["Status"] == "created"
        if not state["Running"] and (never_started or inputs.get("mustRun", True)):
            with engine_errors("Unable to start container"):
                api.start(identifier)
        if inputs.get("wait", False):
            wait_until_healthy(api, identifier, inputs.get("waitTimeout", DEFAULT_SECONDS), operation)

    def _computed(self, identifier: str, inputs: Properties) -> Properties:
        api = self.engine.api
        with engine_errors("Unable to inspect container", gone_is_fine=True):
            return container_state.computed(api.inspect_container(identifier), inputs)
        return {}


def _limits(inputs: Properties) -> dict[str, Any]:
    """Return the arguments of the engine's update: everything it can change, as the official provider sends it."""
    return {
        "restart_policy": container_config.restart_policy(inputs),
        "cpu_shares": inputs.get("cpuShares", 0),
        "cpuset_cpus": inputs.get("cpuSet", ""),
        "mem_limit": container_config.in_bytes(inputs.get("memory", 0)),
        "mem_reservation": container_config.in_bytes(inputs.get("memoryReservation", 0)),
        "memswap_limit": container_config.in_bytes(inputs.get("memorySwap", 0)),
    }
