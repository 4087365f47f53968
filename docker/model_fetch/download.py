"""Fetches a file over HTTP, and goes on where it broke off."""

import errno
import http.client
import ssl
import time
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from model_fetch.wanted import ModelError, Wanted

ATTEMPTS = 8
"""How often it is tried without a byte more than before."""

LONGEST_PAUSE = 30
SILENT_SECONDS = 60
PROGRESS_SECONDS = 15
CHUNK = 2**20
PASSING = {408, 425, 429, 500, 502, 503, 504}
"""Statuses of an endpoint that may soon answer otherwise."""

NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class PassingError(Exception):
    """What may not happen again."""


class Redirects(HTTPRedirectHandler):
    """Follows redirects, as from a Hub to its storage; the token goes to the Hub alone."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def redirect_request(  # noqa: PLR0917 (as urllib calls it)
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> Request | None:
        """Return what is asked next."""
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following and urlsplit(newurl)[:2] == urlsplit(self._wanted.endpoint)[:2]:
            authorize(following, self._wanted.token)
        return following


def authorize(request: Request, token: str) -> None:
    """Add the token so that urllib does not repeat it where the request is redirected to."""
    if token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")


def fetch(wanted: Wanted) -> None:
    """Fetch into `wanted.part` until all is there, beginning with what it has. Raises ModelError."""
    opener = build_opener(Redirects(wanted))
    failures = 0
    while True:
        before = size(wanted.part)
        try:
            return fetch_rest(wanted, opener)
        except PassingError as error:
            failures = 1 if size(wanted.part) > before else failures + 1
            if failures == ATTEMPTS:
                raise ModelError(
                    f"{wanted.url} can't be fetched: {error} Can this pod reach that host? modelHubEndpoint names "
                    "another one, and with a claim that holds the model (kubernetesModelClaim) nothing is fetched."
                ) from None
            pause = min(2 ** (failures - 1), LONGEST_PAUSE)
            tell(f"{error} Trying again in {pause} s; {size(wanted.part)} bytes are there.")
            time.sleep(pause)


def fetch_rest(wanted: Wanted, opener: OpenerDirector) -> None:
    """Ask once for what is missing. Raises ModelError and PassingError."""
    start = size(wanted.part)
    request = Request(wanted.url, headers={"Accept-Encoding": "identity"})  # noqa: S310 (http or https, checked)
    authorize(request, wanted.token)
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        with opener.open(request, timeout=SILENT_SECONDS) as answer:
            goes_on = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(
                f"bytes {start}-"
            )
            keep(answer, wanted.part, start if goes_on else 0)
    except HTTPError as error:
        # 416: all of it is there, or more than that, and whoever verifies it finds out.
        if error.code != 416:
            raise refusal(error.code, wanted) from None
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise ModelError(
                f"The certificate of {wanted.url} or of where it redirects to is not trusted "
                f"({error.reason.verify_message}). Name a file with the certificates to trust in SSL_CERT_FILE."
            ) from None
        raise PassingError(f"The connection failed: {error.reason}.") from None
    except (http.client.HTTPException, OSError) as error:
        raise PassingError(f"The connection broke: {error!r}.") from None


def refusal(status: int, wanted: Wanted) -> ModelError | PassingError:
    """Return what a status of the endpoint means."""
    if status in PASSING:
        return PassingError(f"{wanted.url} is answered with HTTP {status}.")
    if status in {401, 403}:
        token = "The token was refused" if wanted.token else "No token was sent"
        return ModelError(
            f"{wanted.url} is not given to us (HTTP {status}): the model is private, gated, or not there. {token}: "
            "let modelTokenSecret name a Secret with a token under the key `token`, whose owner has accepted the "
            "conditions on the model's page."
        )
    if status == 404:
        return ModelError(
            f"{wanted.url} does not exist (HTTP 404): modelRepository, modelRevision, modelFile and quant say which "
            "file it is."
        )
    return ModelError(f"{wanted.url} is answered with HTTP {status}. Is modelHubEndpoint a Hub?")


def keep(answer: http.client.HTTPResponse, part: Path, start: int) -> None:
    """Write what comes, from `start` on. Raises ModelError where that fails, PassingError where it ends too early."""
    length = answer.headers["Content-Length"]
    total = start + int(length) if length else 0
    done, began = start, time.monotonic()
    told = began
    with writing(part, start) as file:
        while chunk := answer.read1(CHUNK):
            write(file, chunk, total)
            done += len(chunk)
            now = time.monotonic()
            if now - told >= PROGRESS_SECONDS:
                told = now
                whole = f" of {total / 1e6:.0f}" if total else ""
                tell(f"{done / 1e6:.0f}{whole} MB, {(done - start) / 1e6 / (now - began):.1f} MB/s")
    if done < total:
        raise PassingError(f"The connection ended after {done} of {total} bytes.")


def writing(part: Path, start: int) -> IO[bytes]:
    """Open the part, without buffers, to be gone on with from `start`. Raises ModelError."""
    try:
        return part.open("ab" if start else "wb", buffering=0)
    except OSError as error:
        raise ModelError(
            f"{part} can't be written: {error.strerror}. The volume of the model must be writable by this user."
        ) from None


def write(file: IO[bytes], chunk: bytes, total: int) -> None:
    """Write a chunk of a file of `total` bytes. Raises ModelError where the volume is full or fails."""
    rest = memoryview(chunk)
    try:
        while rest:
            rest = rest[file.write(rest) :]
    except OSError as error:
        if error.errno in NO_ROOM:
            raise ModelError(
                f"{file.name} has no room: the whole file has {total / 1e6:.0f} MB. Give the model a larger volume "
                "(kubernetesModelStorage), or the nodes more disk."
            ) from None
        raise ModelError(f"{file.name} can't be written: {error.strerror}.") from None


def size(path: Path) -> int:
    """Return how many bytes a file has, 0 where it is not there."""
    return path.stat().st_size if path.exists() else 0


def tell(said: str) -> None:
    """Write a line of the log."""
    print(said, flush=True)
