"""The privileges that the stack needs: one list, which is checked before anything changes and written into the docs.

It covers every request of this project: those of `pulumi up`, `refresh` and `destroy`, also after a crash, and those
of jinactl.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from components.elasticsearch.errors import PrivilegeError, RefusedError

if TYPE_CHECKING:
    from components.elasticsearch.client.client import Requests

HAS_PRIVILEGES = "/_security/user/_has_privileges"
KEY_NAME = "jina-search"

When = Literal["always", "inference", "change of license"]


@dataclass(frozen=True)
class ClusterPrivilege:
    """A cluster privilege, what it is for, and when it is needed."""

    name: str
    purpose: str
    when: When = "always"


@dataclass(frozen=True)
class IndexPrivilege:
    """An index privilege and what it is for; it is needed on the stack's own indices, or `everywhere`."""

    name: str
    purpose: str
    everywhere: bool = False


CLUSTER = (
    ClusterPrivilege("monitor", "to read version, license, health, tasks and ingest statistics"),
    ClusterPrivilege(
        "manage_ingest_pipelines", "to make and delete the pipeline, and those kept for older indices"
    ),
    ClusterPrivilege("cancel_task", "to stop a copy that an interrupted update left running"),
    ClusterPrivilege(
        "manage_inference", "to make, change and delete the inference endpoints", when="inference"
    ),
    ClusterPrivilege("manage", "to start the trial", when="change of license"),
)
INDEX = (
    IndexPrivilege("read", "to search, count, compare and copy documents"),
    IndexPrivilege("write", "to write, copy and delete documents"),
    IndexPrivilege("manage", "to make, clone, close to writers and delete indices, and to move the alias"),
    IndexPrivilege("view_index_metadata", "to see which other indices use the pipeline", everywhere=True),
)


@dataclass(frozen=True, kw_only=True)
class Needed:
    """What the privileges are needed for.

    `aliases` are the stack's aliases before and after a change of settings. `others` are the aliases that people gave
    to its index; they move with it.
    """

    aliases: Sequence[str]
    others: Sequence[str] = ()
    inference: bool = True
    change_of_license: bool = False

    def cluster(self) -> list[ClusterPrivilege]:
        """Return the cluster privileges."""
        wanted = {
            "always": True,
            "inference": self.inference,
            "change of license": self.change_of_license,
        }
        return [privilege for privilege in CLUSTER if wanted[privilege.when]]

    def indices(self) -> list[dict[str, list[str]]]:
        """Return the index privileges in the form of a role: entries of names and privileges."""
        own = [name for alias in dict.fromkeys(self.aliases) for name in (alias, f"{alias}-*")]
        names = [*own, *self.others]
        return [
            {"names": names, "privileges": [one.name for one in INDEX if not one.everywhere]},
            {"names": ["*"], "privileges": [one.name for one in INDEX if one.everywhere]},
        ]

    def asked(self) -> dict[str, Any]:
        """Return the body of the request that asks which of these privileges the credentials have."""
        return {"cluster": [one.name for one in self.cluster()], "index": self.indices()}

    def key(self) -> dict[str, Any]:
        """Return the body of the request that creates an API key with exactly these privileges."""
        role = {"cluster": [one.name for one in self.cluster()], "indices": self.indices()}
        return {"name": KEY_NAME, "role_descriptors": {KEY_NAME: role}}


def missing(answer: Mapping[str, Any]) -> list[str]:
    """Return the privileges that are missing according to a response of `_has_privileges`, each with its purpose."""
    cluster_purposes = {one.name: one.purpose for one in CLUSTER}
    index_purposes = {one.name: one.purpose for one in INDEX}
    lacking = [
        f"cluster privilege {name} ({cluster_purposes[name]})"
        for name, held in answer.get("cluster", {}).items()
        if not held
    ]
    names: dict[str, list[str]] = {}
    for index, privileges in answer.get("index", {}).items():
        for name, held in privileges.items():
            if not held:
                names.setdefault(name, []).append(index)
    return lacking + [
        f"index privilege {name} on {', '.join(where)} ({index_purposes[name]})"
        for name, where in names.items()
    ]


def people_aliases(client: "Requests", alias: str) -> list[str]:
    """Return the aliases that people gave to the index behind `alias`; none when the credentials may not read it.

    `alias` may also be the name of the index itself.
    """
    try:
        found: Mapping[str, Any] = client.find(f"/{alias}") or {}
    except PrivilegeError:
        return []
    names = {name for body in found.values() for name in body.get("aliases", {})}
    return sorted(name for name in names if name != alias and not name.startswith(f"{alias}-"))


def require(client: "Requests", needed: Needed) -> None:
    """Check that the credentials have all privileges that may be needed; without security, everything is allowed.

    The privileges must also cover the aliases that people gave to the indices behind `needed.aliases`, because they
    move with them. Raises PrivilegeError, which names what is missing and gives a request that creates a
    sufficient API key.
    """
    aliases = list(dict.fromkeys(needed.aliases))
    of_people = [name for alias in aliases for name in people_aliases(client, alias)]
    needed = replace(needed, others=sorted({*of_people} - {*aliases}))
    try:
        answer = client.request("POST", HAS_PRIVILEGES, needed.asked())
    except RefusedError as error:
        # Without security this API does not exist: the response has a line of text, not an error object.
        none = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
        if error.status in none and not error.kind:
            return
        raise
    lacking = missing(answer)
    if lacking:
        raise PrivilegeError(
            f"These credentials do not have all the privileges that the stack may need. Missing: "
            f"{'; '.join(lacking)}. Nothing was changed. A user who has all privileges that the stack needs can create "
            f"an API key with exactly these: POST /_security/api_key {json.dumps(needed.key())} "
            "Set its `encoded` with `pulumi config set --secret elasticsearchApiKey`, or give the privileges to a role "
            "of elasticsearchUser."
        )


def in_words() -> str:
    """Return all privileges as a part of a sentence, for the error message of a single request."""
    cluster = ", ".join(one.name + _condition(one.when) for one in CLUSTER)
    own = ", ".join(one.name for one in INDEX if not one.everywhere)
    everywhere = ", ".join(one.name for one in INDEX if one.everywhere)
    return (
        f"the cluster privileges {cluster}, the index privileges {own} on its own indices, "
        f"and {everywhere} on all indices"
    )


def _condition(when: When) -> str:
    conditions = {
        "always": "",
        "inference": " (with elasticsearchEmbedding inference)",
        "change of license": " (to start a trial)",
    }
    return conditions[when]
