"""A double of the Hub, in place of the network below the Hub's library."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import httpx2

OLD, NEW = "a" * 40, "b" * 40
REPOSITORY, FILE = "owner/name", "model.gguf"
CONTENT = b"GGUF" + bytes(range(256)) * 8
OTHER = b"GGUF" + b"\x01" * 2048


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


@dataclass
class Fault:
    """What becomes of one request of this method: a status, headers that are left out, or bytes that are.

    With `cut`, the connection breaks after so many bytes; without a status the answer is else the right one.
    """

    method: str = "HEAD"
    status: int = 0
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    cut: int | None = None
    error: Exception | None = None


@dataclass
class HubDouble:
    """One repository with one file, with content of `commits`; `main` is a branch, storage.example a closed host."""

    commits: dict[str, bytes] = field(default_factory=lambda: {OLD: CONTENT})
    main: str = OLD
    sent: bytes | None = None
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        path = request.url.path
        if path.startswith("/api/"):
            return self._listed(path)
        if request.url.host == "storage.example":
            raise httpx2.ConnectError("refused")
        ranged = request.headers.get("Range", "")
        self.asked.append(f"{request.method} {path} {ranged}".strip())
        fault = next((one for one in self.faults if one.method == request.method), Fault())
        self.faults = [one for one in self.faults if one is not fault]
        if fault.error:
            raise fault.error
        if fault.status:
            return refused(fault.status, fault.code, fault.headers)
        *_, revision, file = path.split("/")
        commit = {"main": self.main}.get(revision, revision)
        if commit not in self.commits or file != FILE:
            return refused(404, "EntryNotFound" if commit in self.commits else "RevisionNotFound")
        return (
            self._described(commit, fault) if request.method == "HEAD" else self._sent(commit, fault, ranged)
        )

    def _sent(self, commit: str, fault: Fault, ranged: str) -> httpx2.Response:
        content = self.commits[commit] if self.sent is None else self.sent
        start = int(ranged.removeprefix("bytes=").removesuffix("-") or 0)
        if start and start >= len(content):
            return refused(416)
        status, headers = 200, {}
        if start:
            status, headers = 206, {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        return httpx2.Response(status, headers=headers, content=_stream(content[start:], fault.cut))

    def _described(self, commit: str, fault: Fault) -> httpx2.Response:
        content = self.commits[commit]
        headers = {
            "X-Repo-Commit": commit,
            "X-Linked-Etag": f'"{digest(content)}"',
            "X-Linked-Size": str(len(content)),
        }
        kept = {key: value for key, value in headers.items() if key not in fault.without} | fault.headers
        return httpx2.Response(200, headers=kept)

    def _listed(self, path: str) -> httpx2.Response:
        if path.endswith("/refs"):
            return httpx2.Response(200, json={"branches": [{"name": "main"}], "tags": [{"name": "v1"}]})
        content = self.commits[self.main]
        file = {
            "rfilename": FILE,
            "size": len(content),
            "lfs": {"sha256": digest(content), "size": 1, "pointerSize": 1},
        }
        return httpx2.Response(200, json={"id": REPOSITORY, "siblings": [file]})


def refused(status: int, code: str = "", headers: dict[str, str] | None = None) -> httpx2.Response:
    """Return an answer without a file."""
    return httpx2.Response(status, headers={**({"X-Error-Code": code} if code else {}), **(headers or {})})


def _stream(content: bytes, cut: int | None) -> Iterator[bytes]:
    whole = len(content) if cut is None else cut
    yield content[:whole]
    if cut is not None:
        raise httpx2.ReadError("reset by peer")
