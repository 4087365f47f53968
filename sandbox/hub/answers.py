"""What the Hub answers to each request; `handlers` sends it.

The paths, headers and error codes are those that huggingface_hub 2.4.0 sends and reads: file_download.py,
hf_api.py and utils/_http.py in its package.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.hub.repository import LARGE, Repository, digests

_RESOLVE = re.compile(r"/(?P<id>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")
_API = re.compile(r"/api/models/(?P<id>[^/]+/[^/]+)(?:/revision/(?P<revision>[^/]+)|/(?P<refs>refs))?")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A status, headers and a body: bytes, or a file that is sent."""

    status: HTTPStatus
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: Path | None = None


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = failure(status, code, message)


@dataclass
class Answers:
    """Answers requests for `repositories`; `tokens` are the valid ones; `store` gives the address of a large file."""

    repositories: Mapping[str, Repository]
    tokens: frozenset[str]
    store: Callable[[str, Path], str]
    _commits: dict[tuple[str, str], Repository] = field(default_factory=dict, init=False)

    def answer(self, target: str, token: str) -> Answer:
        """Return the answer to a request for `target` with a `token`, which may be one of the Hub's errors."""
        path = urlsplit(target).path
        try:
            if match := _RESOLVE.fullmatch(path):
                identifier, revision = unquote(match["id"]), unquote(match["revision"])
                repository = self._repository(identifier, token, read=True)
                return self._resolve(self._at(identifier, repository, revision), unquote(match["file"]))
            if match := _API.fullmatch(path):
                identifier = unquote(match["id"])
                repository = self._repository(identifier, token, read=False)
                if match["refs"]:
                    return _json(_refs(repository))
                repository = self._at(identifier, repository, unquote(match["revision"] or repository.branch))
                return _json(
                    _info(identifier, repository, details="blobs" in parse_qs(urlsplit(target).query))
                )
        except _RefusedError as refused:
            return refused.answer
        return failure(HTTPStatus.NOT_FOUND, "", "Sorry, we can't find the page you are looking for.")

    def forget_commits(self, identifier: str) -> None:
        """Forget the earlier commits of a repository, as if its history had been rewritten."""
        for known in [one for one in self._commits if one[0] == identifier]:
            del self._commits[known]

    def _repository(self, identifier: str, token: str, *, read: bool) -> Repository:
        if token and token not in self.tokens:
            raise _RefusedError(HTTPStatus.UNAUTHORIZED, "", "Invalid credentials in Authorization header")
        repository = self.repositories.get(identifier)
        if repository is None or (repository.private and token not in repository.readers):
            # Without a token the Hub does not tell what is missing from what is private.
            if not token:
                raise _RefusedError(HTTPStatus.UNAUTHORIZED, "", "Invalid username or password.")
            raise _RefusedError(HTTPStatus.NOT_FOUND, "RepoNotFound", "Repository not found")
        if read and repository.gated and token not in repository.readers:
            status = HTTPStatus.FORBIDDEN if token else HTTPStatus.UNAUTHORIZED
            raise _RefusedError(status, "GatedRepo", f"Access to model {identifier} is restricted.")
        return repository

    def _at(self, identifier: str, repository: Repository, revision: str) -> Repository:
        """Return the repository at a revision: an earlier commit that a client was told of is still there."""
        self._commits[identifier, repository.commit] = repository
        if revision in (repository.branch, f"refs/heads/{repository.branch}"):
            return repository
        if earlier := self._commits.get((identifier, revision)):
            return earlier
        raise _RefusedError(HTTPStatus.NOT_FOUND, "RevisionNotFound", f"Invalid rev id: {revision}")

    def _resolve(self, repository: Repository, name: str) -> Answer:
        commit = {"X-Repo-Commit": repository.commit}
        if name not in repository.files:
            refused = failure(HTTPStatus.NOT_FOUND, "EntryNotFound", "Entry not found")
            return Answer(status=refused.status, headers={**refused.headers, **commit}, body=refused.body)
        path = repository.files[name]()
        facts = digests(path)
        if name.endswith(LARGE):
            linked = {"X-Linked-Etag": f'"{facts.sha256}"', "X-Linked-Size": str(facts.size)}
            location = {"Location": self.store(facts.sha256, path)}
            return Answer(status=HTTPStatus.FOUND, headers={**commit, **linked, **location})
        return Answer(status=HTTPStatus.OK, headers={**commit, "ETag": f'"{facts.blob}"'}, file=path)


def _refs(repository: Repository) -> dict[str, object]:
    name = repository.branch
    branch = {"name": name, "ref": f"refs/heads/{name}", "targetCommit": repository.commit}
    return {"branches": [branch], "tags": [], "converts": [], "pullRequests": []}


def _info(identifier: str, repository: Repository, *, details: bool) -> dict[str, object]:
    siblings: list[dict[str, object]] = []
    for name in sorted(repository.files):
        sibling: dict[str, object] = {"rfilename": name}
        if details:
            facts = digests(repository.files[name]())
            sibling |= {"size": facts.size, "blobId": facts.blob}
            if name.endswith(LARGE):
                sibling["lfs"] = {"sha256": facts.sha256, "size": facts.size, "pointerSize": 135}
        siblings.append(sibling)
    return {
        "id": identifier,
        "modelId": identifier,
        "sha": repository.commit,
        "private": repository.private,
        "gated": "manual" if repository.gated else False,
        "tags": [],
        "downloads": 0,
        "likes": 0,
        "siblings": siblings,
    }


def _json(value: object) -> Answer:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    return Answer(status=HTTPStatus.OK, headers=headers, body=json.dumps(value).encode())


def failure(status: HTTPStatus, code: str, message: str) -> Answer:
    """Return a refusal in the Hub's form: a message, and a code for programs where the Hub has one."""
    headers = {"X-Error-Message": message, "Content-Type": "application/json; charset=utf-8"}
    if code:
        headers["X-Error-Code"] = code
    return Answer(status=status, headers=headers, body=json.dumps({"error": message}).encode())
