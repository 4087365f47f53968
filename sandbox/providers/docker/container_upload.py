"""Copies files into a container before it starts: the `uploads` of `docker.Container`."""

import base64
import io
import tarfile
import time
from pathlib import Path
from typing import Any

from sandbox.providers.docker.engine import engine_errors
from sandbox.providers.resource import ProviderError
from sandbox.providers.values import Properties

SOURCES = ("content", "contentBase64", "source")


def upload(api: Any, identifier: str, uploads: list[Properties]) -> None:
    """Put each file at its path. Raises ProviderError for a file with no content, or with two."""
    for file in uploads:
        content = _content(file)
        mode = "0744" if file.get("executable") else "0644"
        header = tarfile.TarInfo(file["file"].lstrip("/"))
        header.size, header.mtime = len(content), int(time.time())
        header.mode = int(file.get("permissions") or mode, 8)
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.addfile(header, io.BytesIO(content))
        with engine_errors(f"Unable to upload {file['file']}"):
            api.put_archive(identifier, "/", archive.getvalue())


def _content(file: Properties) -> bytes:
    refused = sorted({"owner", "group"} & {name for name, value in file.items() if value})
    if refused:
        raise ProviderError(f"uploads[].{refused[0]} is not implemented by the docker stand-in")
    given = [name for name in SOURCES if file.get(name)]
    if len(given) != 1:
        raise ProviderError(f"error with upload content: exactly one of {', '.join(SOURCES)} must be set")
    match given[0]:
        case "content":
            return str(file["content"]).encode()
        case "contentBase64":
            return base64.b64decode(file["contentBase64"], validate=True)
        case _:
            try:
                return Path(file["source"]).read_bytes()
            except OSError as error:
                raise ProviderError(f"could not read file: {error}") from error
