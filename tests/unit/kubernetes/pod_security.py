"""Finds in a pod what Kubernetes' Pod Security Standards do not allow at the level `restricted`.

The fields are those of https://kubernetes.io/docs/concepts/security/pod-security-standards/, of both the level
`baseline`, which `restricted` includes, and `restricted` itself.
"""

from collections.abc import Iterator, Mapping
from typing import Any

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
}
SECCOMP = ("RuntimeDefault", "Localhost")


def violations(pod: Mapping[str, Any]) -> list[str]:
    """Return what the specification of a pod may not have, or lacks, each as field and container."""
    found = [f"{field} of the pod" for field in _of_pod(pod)]
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for one in pod.get(kind, ()):
            found += [f"{field} of {one['name']}" for field in _of_container(one, _security(pod))]
    return found


def _security(has: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict(has.get("securityContext") or {})


def _of_pod(pod: Mapping[str, Any]) -> Iterator[str]:
    security = _security(pod)
    yield from (field for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field))
    for volume in pod.get("volumes", ()):
        yield from (f"volume {kind}" for kind in sorted(set(volume) - {"name"} - VOLUMES))
    for sysctl in security.get("sysctls", ()):
        if sysctl["name"] not in SYSCTLS:
            yield f"sysctl {sysctl['name']}"
    yield from _of_both(security)


def _of_container(one: Mapping[str, Any], of_pod: Mapping[str, Any]) -> Iterator[str]:
    own = _security(one)
    if own.get("privileged"):
        yield "privileged"
    if own.get("procMount", "Default") != "Default":
        yield "procMount"
    if own.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation"
    yield from _of_capabilities(own.get("capabilities", {}))
    either = {**of_pod, **own}
    if either.get("runAsNonRoot") is not True:
        yield "runAsNonRoot"
    if either.get("seccompProfile", {}).get("type") not in SECCOMP:
        yield "seccompProfile"
    if any(port.get("hostPort") for port in one.get("ports", ())):
        yield "hostPort"
    if any(handler.get("host") for handler in _handlers(one)):
        yield "host of a probe"
    yield from _of_both(own)


def _of_capabilities(capabilities: Mapping[str, Any]) -> Iterator[str]:
    if "ALL" not in capabilities.get("drop", ()):
        yield "capabilities.drop"
    if set(capabilities.get("add", ())) - {"NET_BIND_SERVICE"}:
        yield "capabilities.add"


def _of_both(security: Mapping[str, Any]) -> Iterator[str]:
    if security.get("runAsUser") == 0:
        yield "runAsUser"
    if security.get("appArmorProfile", {}).get("type", "RuntimeDefault") not in SECCOMP:
        yield "appArmorProfile"
    linux = security.get("seLinuxOptions", {})
    types = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
    if linux.get("type", "") not in types or linux.get("user") or linux.get("role"):
        yield "seLinuxOptions"
    if security.get("windowsOptions", {}).get("hostProcess"):
        yield "hostProcess"


def _handlers(one: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    asked = [one.get(f"{kind}Probe", {}) for kind in ("startup", "readiness", "liveness")]
    asked += list(one.get("lifecycle", {}).values())
    for handler in asked:
        yield from (handler[kind] for kind in ("httpGet", "tcpSocket") if kind in handler)
