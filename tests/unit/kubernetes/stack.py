"""Declares the whole stack in a cluster on mocks, and finds its objects and pods."""

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from components.platform.kubernetes import KubernetesPlatform
from tests.unit.declared import Declared, declare, declare_program
from tests.unit.project import stack_settings

REGISTRY = "registry.test/team"
STACK = "jina-search-k8s"
INSTANCE = "app.kubernetes.io/instance"
NAME = "app.kubernetes.io/name"
LANE = "jina-search/lane"
REVISION = "jina-search/revision"

LANES = ("documents", "queries")
SERVERS = tuple(f"llama-server-{lane}" for lane in LANES)
"""Names of the resources of the lanes' Deployments."""

TEMPLATED = ("Deployment", "StatefulSet", "Job")
"""Kinds of objects that make pods."""

EVERYTHING: dict[str, Any] = {
    "modelDelivery": "claim",
    "serverApiKey": "a-key",
    "kubernetesIngressHost": "search.test",
    "kubernetesMaxReplicas": 4,
    "kubernetesQueryMaxReplicas": 4,
    "kubernetesGatewayMaxReplicas": 4,
    "kubernetesScaleBy": "requests",
}
"""Settings with which every kind of object is declared."""


def declared(**changes: object) -> list[Declared]:
    """Declare the program's stack with `changes` of its settings, once for each set of them."""
    return _declared(json.dumps({"imageRegistry": REGISTRY, **changes}, sort_keys=True))


@functools.cache
def _declared(changes: str) -> list[Declared]:
    return declare_program("k8s", **json.loads(changes))


def declared_as(stack: str, *, context: str = "", **changes: object) -> list[Declared]:
    """Declare the platform's parts for `stack`, which has its project in front, with this configuration of kubectl."""
    settings = stack_settings("k8s", **{"imageRegistry": REGISTRY, **changes})
    kubernetes = replace(settings.kubernetes, context=context)
    settings = replace(settings, kubernetes=kubernetes)

    def program() -> None:
        platform = KubernetesPlatform(settings, stack, f"{stack}-0a1b2c")
        model = platform.model()
        platform.elasticsearch()
        platform.gateway()
        platform.servers(model, [])

    return declare(program, "k8s")


def kind(item: Declared) -> str:
    """Return the kind of an object, as Kubernetes calls it; empty for anything else."""
    return item.type.rpartition(":")[2] if item.type.startswith("kubernetes:") else ""


def objects(of: list[Declared], *kinds: str) -> list[Declared]:
    """Return the objects of the cluster, of these kinds where some are given."""
    return [item for item in of if kind(item) and (not kinds or kind(item) in kinds)]


def found(kind_: str, name: str, **changes: object) -> Mapping[str, Any]:
    """Return the inputs of the one object of a kind with such a name in the cluster, the digits of its digest aside."""
    named = [
        item.inputs
        for item in objects(declared(**changes), kind_)
        if re.fullmatch(f"{name}(-[0-9a-f]{{8}})?", str(item.inputs["metadata"].get("name")))
    ]
    assert len(named) == 1, [item["metadata"]["name"] for item in named]
    return dict(whole(named[0]))


def templates(of: list[Declared]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return the template of each pod, with kind and name of what makes it."""
    for item in objects(of, *TEMPLATED):
        yield f"{kind(item)} {item.name}", whole(item.inputs["spec"]["template"])


def pod(name: str, **changes: object) -> Mapping[str, Any]:
    """Return the specification of the pods of the Deployment or Job with such a resource name."""
    (one,) = [
        template["spec"]
        for named, template in templates(declared(**changes))
        if named in (f"Deployment {name}", f"Job {name}")
    ]
    return dict(one)


def container(name: str, **changes: object) -> Mapping[str, Any]:
    """Return the one container of such a pod, its init containers aside."""
    (one,) = pod(name, **changes)["containers"]
    return dict(one)


def variables(made: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of a container."""
    return {one["name"]: one["value"] for one in made["env"]}


def whole(value: Any) -> Any:
    """Return a value whose numbers are integers where they are whole: Pulumi's protocol has fractions alone."""
    if isinstance(value, Mapping):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def before(of: list[Declared], item: Declared) -> set[str]:
    """Return type and name, as TYPE::NAME, of everything that is there before an item: by its parents as well."""
    known = {one.urn: one for one in of}
    waiting, reached = [item], set()
    while waiting:
        one = waiting.pop()
        for urn in (*one.dependencies, one.parent):
            called = "::".join(urn.split("::")[2:])
            if called in known and called not in reached:
                reached.add(called)
                waiting.append(known[called])
    return {called.rpartition("$")[2] for called in reached}
