"""Gets a model file from the Hugging Face Hub: verified, resumable, at its place only when it is whole."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from huggingface_hub import constants

from components.model import local_file
from components.model.errors import DirectoryError, DiskFullError, ModelError, OfflineError, WrongContentError
from components.model.hub import HubFile, look_up
from components.model.progress import Say
from components.model.retries import Retries
from components.model.transfer import bring, size_of
from components.model.wanted import ModelFile, WantedFile

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def ensure_model_file(wanted: WantedFile, say: Say, retries: Retries | None = None) -> ModelFile:
    """Return the wanted file, downloading it unless it is there already with the right content.

    A file of a commit that was verified before is taken without a request; of a branch or tag the Hub is asked what
    it is now. Two processes that want the same file fetch it once. Raises ModelError, one of its subclasses.
    """
    retries = retries or Retries(say)
    known = local_file.recorded(wanted.path)
    if known and wanted.revision == known.commit and wanted.sha256 in ("", known.sha256):
        return known
    if constants.is_offline_mode():
        return _without_hub(wanted, known)
    remote = look_up(wanted, retries)
    if known and (known.sha256, known.commit) == (remote.sha256, remote.commit):
        return known
    try:
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(wanted, say):
            return _already_here(wanted, remote) or _fetched(wanted, remote, retries)
    except OSError as error:
        raise _explain_disk(error, wanted) from error


def _without_hub(wanted: WantedFile, known: ModelFile | None) -> ModelFile:
    if known and wanted.sha256 in ("", known.sha256):
        return known
    if not wanted.path.exists():
        raise OfflineError(
            f"HF_HUB_OFFLINE is set, and {wanted.file} of {wanted.repository} is not at {wanted.path}.\n"
            "Unset HF_HUB_OFFLINE, or put the file there and set modelSha256."
        )
    if not wanted.sha256:
        raise OfflineError(
            f"HF_HUB_OFFLINE is set, and nothing says what {wanted.path} should contain.\n"
            "Set modelSha256 to its SHA-256, or unset HF_HUB_OFFLINE."
        )
    if not local_file.is_intact(wanted.path, wanted.sha256):
        raise OfflineError(
            f"HF_HUB_OFFLINE is set, and {wanted.path} does not have the SHA-256 that modelSha256 states.\n"
            "Put the right file there, correct modelSha256, or unset HF_HUB_OFFLINE."
        )
    return ModelFile(
        path=wanted.path,
        size=wanted.path.stat().st_size,
        sha256=wanted.sha256,
        commit=wanted.revision,
    )


def _already_here(wanted: WantedFile, remote: HubFile) -> ModelFile | None:
    known = local_file.recorded(wanted.path)  # another process may have fetched it while this one waited
    content_known = known is not None and known.sha256 == remote.sha256
    if content_known or (
        size_of(wanted.path) == remote.size and local_file.is_intact(wanted.path, remote.sha256)
    ):
        return local_file.write_record(wanted.path, remote.sha256, remote.commit)
    return None


def _fetched(wanted: WantedFile, remote: HubFile, retries: Retries) -> ModelFile:
    partial = wanted.path.with_name(f"{wanted.path.name}.{remote.sha256[:16]}.partial")
    started_here = not partial.exists()
    _say_start(wanted, remote, partial, retries.say)
    _require_room(wanted, remote.size - size_of(partial))
    bring(remote, wanted, partial, retries)
    try:
        local_file.require_content(partial, wanted, remote.size, remote.sha256)
    except WrongContentError:
        partial.unlink()
        if started_here:
            raise
        retries.say(f"{wanted.file}: what an earlier run had left was damaged; starting over")
        return _fetched(wanted, remote, retries)
    # The server's user in its container is another one than who runs Pulumi, whatever the latter's umask.
    partial.chmod(0o644)
    # The file appears under its name at once and whole; one that was there before stays in use until then.
    partial.replace(wanted.path)
    _sync_folder(wanted.path.parent)
    for other in local_file.partials(wanted.path):
        other.unlink(missing_ok=True)
    return local_file.write_record(wanted.path, remote.sha256, remote.commit)


def _say_start(wanted: WantedFile, remote: HubFile, partial: Path, say: Say) -> None:
    have = size_of(partial)
    rest = f", going on after the {have / 1e6:.0f} MB that are here" if have else ""
    say(f"{wanted.file}: downloading {remote.size / 1e6:.0f} MB from {wanted.repository}{rest}")


def _require_room(wanted: WantedFile, needed: int) -> None:
    free = shutil.disk_usage(wanted.path.parent).free
    if needed > free:
        raise DiskFullError(
            f"{wanted.file} needs {needed / 1e6:.1f} MB more, but {wanted.path.parent} has {free / 1e6:.1f} MB free.\n"
            "Make room, or set modelsDirectory to a folder on a larger disk."
        )


@contextmanager
def _locked(wanted: WantedFile, say: Say) -> Iterator[None]:
    lock = FileLock(f"{wanted.path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"{wanted.file}: another process is fetching it; waiting for that")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _explain_disk(error: OSError, wanted: WantedFile) -> ModelError:
    reason = error.strerror or str(error)
    if error.errno in _NO_ROOM:
        return DiskFullError(
            f"There is no more room in {wanted.path.parent} for {wanted.file} ({reason}). What has come is kept.\n"
            "Make room and run `pulumi up` again to go on, or set modelsDirectory to a folder on a larger disk."
        )
    return DirectoryError(
        f"{wanted.file} can't be written to {wanted.path.parent}: {reason}.\n"
        "Make the folder writable for the person who runs Pulumi, or set modelsDirectory to another one."
    )
