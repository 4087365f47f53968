"""Reads which model is wanted from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


class ModelError(Exception):
    """Why the model is not there, and what to do; trying again would not help."""


@dataclass(frozen=True)
class Wanted:
    """The model's file: where it comes from, what it must be, and where it belongs. `token` is secret."""

    endpoint: str
    repository: str
    commit: str
    file: str
    sha256: str
    folder: Path
    token: str
    fetch: bool

    @property
    def url(self) -> str:
        """Where the file is fetched from."""
        return f"{self.endpoint}/{quote(self.repository)}/resolve/{quote(self.commit)}/{quote(self.file)}"

    @property
    def path(self) -> Path:
        """Where the file belongs."""
        return self.folder / self.file

    @property
    def part(self) -> Path:
        """What was fetched so far."""
        return self.folder / f"{self.file}.part"


def read_wanted(environment: Mapping[str, str]) -> Wanted:
    """Read what is wanted. Raises ModelError."""

    def get(name: str, pattern: str) -> str:
        value = environment.get(f"MODEL_{name}", "")
        if not re.fullmatch(pattern, value):
            raise ModelError(f"MODEL_{name} is {value!r}, and must match {pattern}.")
        return value

    fetch = environment.get("MODEL_FETCH", "true") != "false"
    try:
        token_file = environment.get("MODEL_TOKEN_FILE", "")
        token = Path(token_file).read_text().strip() if token_file and fetch else ""
    except OSError as error:
        raise ModelError(
            f"The token in {error.filename} can't be read: {error.strerror}. Is it in the Secret that "
            "modelTokenSecret names, under the key `token`?"
        ) from None
    return Wanted(
        endpoint=get("ENDPOINT", r"https?://\S+").rstrip("/") if fetch else "",
        repository=get("REPOSITORY", r"\S+" if fetch else r"\S*"),
        commit=get("COMMIT", r"\S+" if fetch else r"\S*"),
        file=get("FILE", r"[^/\s]+"),
        sha256=get("SHA256", r"[0-9a-f]{64}"),
        folder=Path(get("FOLDER", r"/.+")),
        token=token,
        fetch=fetch,
    )
