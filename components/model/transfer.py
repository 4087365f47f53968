"""Downloads the bytes of a file from the Hub, and resumes where an earlier connection or process stopped.

The library's own download starts from zero in another process and does not verify plain HTTP: so the bytes come
through its session, with its headers, but by this loop. Repositories stored in Xet answer the same plain requests.
"""

import os
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import httpx2
from huggingface_hub import constants, hf_raise_for_status
from huggingface_hub.errors import HfHubHTTPError

from components.model.errors import HubUnreachableError, WrongContentError
from components.model.hub import HubFile
from components.model.hub_errors import advice, describe, explain, storage_host, temporary
from components.model.hub_session import hub_headers, hub_session
from components.model.local_file import size_of
from components.model.progress import DownloadProgress, Retries
from components.model.rate_limit import is_bearable, pause_asked
from components.model.wanted import WantedFile

_ENOUGH = 1024 * 1024
"""Bytes beyond the furthest point so far that count as progress: a server that cuts earlier each time is given up."""


def bring(remote: HubFile, wanted: WantedFile, partial: Path, retries: Retries) -> None:
    """Append to `partial` until it has the size that the Hub stated.

    The bytes received so far stay in `partial`. Raises AccessDeniedError, NotOnHubError, HubUnreachableError,
    WrongContentError when the Hub sends less than it stated, and OSError where the disk can't take it.
    """
    began = reached = size_of(partial)
    progress = DownloadProgress(wanted.file, remote.size, reached, retries.say)
    while size_of(partial) < remote.size:
        problem = "the connection ended early"
        failed: Exception | None = None
        try:
            _append(remote, wanted, partial, progress)
        except (HfHubHTTPError, httpx2.HTTPError) as error:
            closed = _closed(error) and size_of(partial) == began
            if closed or not temporary(error) or not is_bearable(error):
                raise explain(error, wanted) from error
            problem, failed = describe(error), error
        now = size_of(partial)
        if now - reached >= _ENOUGH:
            reached = now
            retries.progressed()
        if now < remote.size and not retries.again(f"{wanted.file}: {problem}", pause_asked(failed)):
            raise HubUnreachableError(
                f"{wanted.file} of {wanted.repository} could not be downloaded: {problem}; asked {retries.failures} "
                f"times in a row. {now} of {remote.size} bytes are here and are kept.\n{advice(failed)}"
            )
    progress.finished()


def _closed(error: Exception) -> bool:
    # The Hub has just answered, so a storage host that does not is more likely blocked than briefly down.
    return isinstance(error, httpx2.ConnectError) and bool(storage_host(error))


def _append(remote: HubFile, wanted: WantedFile, partial: Path, progress: DownloadProgress) -> None:
    have = size_of(partial)
    headers = hub_headers() | {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    # The session drops the token on the way to another host, where the Hub sends large files.
    with hub_session().stream(
        "GET", remote.url, headers=headers, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT
    ) as response:
        if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            partial.unlink(missing_ok=True)
            raise WrongContentError(
                f"{wanted.file} of {wanted.repository} has {remote.size} bytes by what the Hub states, but no more "
                f"than {have} by what it sends; what came was removed.\nCheck HF_ENDPOINT, or try again later."
            )
        if response.is_error:
            response.read()
            hf_raise_for_status(response)
        with partial.open("ab") as file:
            file.truncate(_start(response, have))
            done = file.seek(0, os.SEEK_END)
            for chunk in response.iter_raw():
                # Handed to the system at once, so that it outlives this process.
                file.write(chunk)
                file.flush()
                done += len(chunk)
                progress.at(done)
                if done > remote.size:
                    return
            os.fsync(file.fileno())


def _start(response: httpx2.Response, have: int) -> int:
    """Return the position that the body begins at: a server may ignore the range and send everything (RFC 9110)."""
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        with suppress(ValueError, IndexError):
            start = int(response.headers["Content-Range"].removeprefix("bytes ").split("-")[0])
            if start == have:
                return start
        raise httpx2.RemoteProtocolError("another part came than the one asked for", request=response.request)
    return 0
