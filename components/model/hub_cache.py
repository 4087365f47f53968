"""The cache of the Hub's library (HF_HOME, HF_HUB_CACHE), where another program may have downloaded the file already.

Its layout is documented: REPOSITORY/snapshots/COMMIT/FILE is a link to REPOSITORY/blobs/ETAG, and the etag of a large
file is its SHA-256; REPOSITORY/refs holds which commit a branch was. ETAG may be a link itself, to a blob that several
repositories share, whose name is another digest. Nothing is ever written to it, and nothing is
shared with it: a file there belongs to other programs, so it is copied.
"""

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub import constants, try_to_load_from_cache
from huggingface_hub.errors import HFValidationError
from huggingface_hub.file_download import repo_folder_name

from components.model.local_file import file_sha256, require_room, size_of, sync
from components.model.wanted import Content, WantedFile
from components.say import Say

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class CachedFile:
    """A file in the cache that should have this SHA-256; `commit` is empty where only its content says what it is."""

    path: Path
    commit: str
    sha256: str


def find(wanted: WantedFile, revision: str, sha256: str) -> CachedFile | None:
    """Return the file of a revision, or any with this SHA-256, which may be empty where the cache is to know it."""
    entry = _entry(wanted, revision)
    if entry:
        stated = _blob_name(entry)
        stated = stated if _SHA256.fullmatch(stated) else sha256
        if stated and sha256 in ("", stated):
            commit = entry.parents[len(Path(wanted.file).parts) - 1].name
            return CachedFile(path=entry, commit=commit, sha256=stated)
    folder = repo_folder_name(repo_id=wanted.repository, repo_type="model")
    blob = Path(constants.HF_HUB_CACHE, folder, "blobs", sha256)
    return CachedFile(path=blob, commit="", sha256=sha256) if sha256 and blob.is_file() else None


def find_unasked(wanted: WantedFile, held: Content | None) -> CachedFile | None:
    """Return the wanted file where the Hub has nothing to add, because commit and content are known, or it is offline.

    Its `commit` is never empty.
    """
    if held:
        found = find(wanted, held.commit, held.sha256)
        return replace(found, commit=found.commit or held.commit) if found else None
    offline = constants.is_offline_mode()
    if wanted.moves and not offline:
        return None
    found = find(wanted, wanted.revision, wanted.sha256)
    if found is None or not (found.commit or offline):
        return None
    return replace(found, commit=found.commit or wanted.revision)


def copy(cached: CachedFile, wanted: WantedFile, target: Path, say: Say) -> bool:
    """Copy a file of the cache to `target` and verify it there; False, and one line, where it can't be used.

    Raises DiskFullError where there is no room for it.
    """
    try:
        size = cached.path.stat().st_size
        require_room(wanted, size - size_of(target))
        say(f"{wanted.file}: copying {size / 1e6:.0f} MB from the Hub's cache on this machine, {cached.path}")
        shutil.copyfile(cached.path, target)
        sync(target)
        if file_sha256(target) == cached.sha256:
            return True
        problem = f"is damaged (its SHA-256 is not {cached.sha256})"
    except OSError as error:
        problem = f"can't be copied ({error.strerror or error})"
    target.unlink(missing_ok=True)
    say(f"{wanted.file}: {cached.path} {problem} and is not used")
    return False


def _blob_name(entry: Path) -> str:
    # Only the first link is followed. Without links, the name in the cache says nothing about the content.
    return entry.readlink().name if entry.is_symlink() else ""


def _entry(wanted: WantedFile, revision: str) -> Path | None:
    try:
        found = try_to_load_from_cache(wanted.repository, wanted.file, revision=revision)
    except (OSError, HFValidationError):
        return None
    return Path(found) if isinstance(found, str) else None
