"""Which model file is wanted, and where it lives on this machine."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from components.commit import is_commit


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a file contains: the commit that it is of, and its SHA-256 in hexadecimal.

    A stack holds on to the content that a place was filled with: a branch that moves does not change it, only settings
    do. `commit` is the name of a branch or tag where the Hub could never be asked.
    """

    commit: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class WantedFile:
    """A file of a repository on the Hugging Face Hub, and the place to download it to.

    `revision` is a commit, tag or branch; `path` is absolute; `sha256` is what the content must be, or empty for
    what the Hub states. `held` is what the stack's state says of the file, None where there is no state of it.
    """

    repository: str
    revision: str
    file: str
    path: Path
    sha256: str
    held: Content | None = None

    @property
    def moves(self) -> bool:
        """Tell whether the revision is a branch or a tag, which may name another commit later."""
        return not is_commit(self.revision)


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """A model file on this machine whose content was verified: `size` in bytes, `commit` the commit it comes from."""

    path: Path
    size: int
    sha256: str
    commit: str


def model_path(directory: str, repository: str, revision: str, file: str) -> str:
    """Return the place of a model file: DIRECTORY/OWNER/NAME/REVISION/FILE.

    Two repositories, or two commits of one, may have different files of the same name: so both are part of
    the place. A slash in a revision is written %2F, as in the Hub's own addresses, so that it can't be a folder.
    """
    return str(Path(directory, *repository.split("/"), quote(revision, safe=""), file))
