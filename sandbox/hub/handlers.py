"""Speaks HTTP for the Hub and for its storage."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from sandbox.hub.answers import Answer, Answers, failure
from sandbox.hub.faults import Fault, Faults

HEALTH = "/stand-in/health"
"""Answered by the stand-in alone, so that nobody takes it for the Hub."""

_CHUNK = 64 * 1024
_BEYOND_MAGIC = 4


@dataclass(frozen=True)
class Asked:
    """A request to the Hub or to its storage: its Range and token, and the status of the answer."""

    server: str
    method: str
    path: str
    range: str
    token: str
    status: int


@dataclass(frozen=True)
class Service:
    """What both servers answer from; `stored` maps signed paths of the storage to files."""

    answers: Answers
    stored: Mapping[str, Path]
    health: Mapping[str, object]
    faults: Faults = field(default_factory=Faults)
    asked: list[Asked] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        self.respond()

    def do_HEAD(self) -> None:
        self.respond()

    def respond(self) -> None:
        raise NotImplementedError

    def log_message(self, *_arguments: Any) -> None:
        """Write no log: what was asked is in `Service.asked`."""

    @property
    def service(self) -> Service:
        service: Service = self.server.service  # type: ignore[attr-defined]
        return service

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def note(self, server: str, status: int) -> None:
        asked = Asked(server, self.command, self.path, self.headers.get("Range", ""), self.token, status)
        self.service.asked.append(asked)

    def send(self, answer: Answer) -> None:
        body = answer.file.read_bytes() if answer.file else answer.body
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class HubHandler(_Handler):
    """Answers as the Hub."""

    def respond(self) -> None:
        """Answer the request, unless a fault is due."""
        fault = self.service.faults.take(self.command, sending=False) if "/resolve/" in self.path else None
        if self.path == HEALTH:
            answer = Answer(status=HTTPStatus.OK, body=json.dumps(self.service.health).encode())
        elif fault and fault.status:
            answer = _faulty(fault)
        else:
            answer = self.service.answers.answer(self.path, self.token)
            answer = _changed(answer, fault) if fault else answer
        self.note("hub", answer.status)
        self.send(answer)


def _changed(answer: Answer, fault: Fault) -> Answer:
    headers = {name: value for name, value in answer.headers.items() if name not in fault.without}
    if fault.sent_on_to and "Location" in headers:
        headers["Location"] = fault.sent_on_to
    return replace(answer, headers=headers)


def _faulty(fault: Fault) -> Answer:
    status = HTTPStatus(fault.status)
    if fault.bare:
        return Answer(status=status, body=b"<html>not here</html>")
    answer = failure(status, "", status.phrase)
    waiting = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return Answer(status=status, headers={**answer.headers, **waiting, **fault.headers}, body=answer.body)


class StorageHandler(_Handler):
    """Sends the bytes of large files to whoever has a signed address, and refuses requests with a token."""

    def respond(self) -> None:
        """Send the file or the part of it that was asked for, unless a fault is due."""
        path = self.service.stored.get(self.path)
        if path is None or self.token:
            # Storage with signed addresses takes a token beside the signature for an error.
            status = HTTPStatus.BAD_REQUEST if self.token else HTTPStatus.FORBIDDEN
            self.note("storage", status)
            self.send(failure(status, "", "Only one way of signing a request is allowed."))
            return
        fault = self.service.faults.take(self.command, sending=True) or Fault()
        size = path.stat().st_size
        start = 0 if fault.ignore_range else _range_start(self.headers.get("Range", ""))
        if start >= size > 0:
            self.note("storage", HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            headers = {"Content-Range": f"bytes */{size}"}
            self.send(Answer(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers))
            return
        self._send_part(path, start, size, fault)

    def _send_part(self, path: Path, start: int, size: int, fault: Fault) -> None:
        status = HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK
        self.note("storage", status)
        self.send_response(status)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(size - start))
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            self._send_bytes(path, start, fault)
        except OSError:
            self.close_connection = True  # the client went away

    def _send_bytes(self, path: Path, start: int, fault: Fault) -> None:
        sent = 0
        call = fault.at
        with path.open("rb") as file:
            file.seek(start)
            while chunk := file.read(_CHUNK):
                if fault.corrupt and sent == 0:
                    chunk = _corrupted(chunk)
                if fault.cut_after is not None and sent + len(chunk) > fault.cut_after:
                    self.wfile.write(chunk[: fault.cut_after - sent])
                    self.close_connection = True
                    return
                self.wfile.write(chunk)
                sent += len(chunk)
                if call and sent >= call[0]:
                    call[1]()
                    call = None
                if fault.bytes_per_second:
                    time.sleep(len(chunk) / fault.bytes_per_second)


def _corrupted(chunk: bytes) -> bytes:
    changed = bytearray(chunk)
    changed[_BEYOND_MAGIC] ^= 0xFF
    return bytes(changed)


def _range_start(header: str) -> int:
    start = header.removeprefix("bytes=").split("-")[0]
    return int(start) if start.isdigit() else 0
