"""The privileges that the stack needs: one list, checked before anything changes, from which the docs are written too.

It covers every request of this project: of `pulumi up`, `refresh` and `destroy`, also after a crash, and of jinactl.
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
    """An index privilege and what it is for; on the stack's own names, or on every name."""

    name: str
    purpose: str
    everywhere: bool = False


CLUSTER = (
    ClusterPrivilege("monitor", "to read version, license, health, tasks and the statistics of ingest"),
    ClusterPrivilege(
        "manage_ingest_pipelines", "to make and delete the pipeline, and those kept for older indices"
    ),
    ClusterPrivilege("cancel_task", "to stop a copy that an interrupted update left running"),
    ClusterPrivilege(
        "manage_inference", "to make, change and delete the inference endpoint", when="inference"
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

    `aliases` are the names under which the stack has its documents, before and after a change of settings; `others`
    the aliases that people gave its index, which move with it.
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
        """Return the body that asks Elasticsearch which of them the credentials have."""
        return {"cluster": [one.name for one in self.cluster()], "index": self.indices()}

    def key(self) -> dict[str, Any]:
        """Return the body that makes an API key with exactly these."""
        role = {"cluster": [one.name for one in self.cluster()], "indices": self.indices()}
        return {"name": KEY_NAME, "role_descriptors": {KEY_NAME: role}}


def missing(answer: Mapping[str, Any]) -> list[str]:
    """Return what an answer of `_has_privileges` says no to, each with what it is for."""
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
    """Return the other aliases of the index that has the alias, or its name; none where it may not be looked at."""
    try:
        found: Mapping[str, Any] = client.find(f"/{alias}") or {}
    except PrivilegeError:
        return []
    names = {name for body in found.values() for name in body.get("aliases", {})}
    return sorted(name for name in names if name != alias and not name.startswith(f"{alias}-"))


def require(client: "Requests", needed: Needed) -> None:
    """Check that the credentials allow everything that any path may ask for; where security is off, all is allowed.

    What people gave the index under the first of the aliases as other aliases counts too, for they move with it.
    Raises PrivilegeError that names what is missing, with a request that makes a key which has it all.
    """
    needed = replace(needed, others=people_aliases(client, needed.aliases[0]))
    try:
        answer = client.request("POST", HAS_PRIVILEGES, needed.asked())
    except RefusedError as error:
        # Without security there is no such request: the refusal is a line, not an error object.
        none = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
        if error.status in none and not error.kind:
            return
        raise
    lacking = missing(answer)
    if lacking:
        raise PrivilegeError(
            f"Elasticsearch does not allow these credentials all that the stack may have to do. Missing: "
            f"{'; '.join(lacking)}. Nothing was changed. This request, sent by a user who has all of these, makes an "
            f"API key that has them and no others: POST /_security/api_key {json.dumps(needed.key())} "
            "Set its `encoded` with `pulumi config set --secret elasticsearchApiKey`, or give the privileges to a role "
            "of elasticsearchUser."
        )


def in_words() -> str:
    """Return the list as half a sentence, for an error at a single request."""
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
