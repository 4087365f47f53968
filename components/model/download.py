"""Gets a model file from the Hugging Face Hub: verified, resumable, at its place only when it is whole."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout
from huggingface_hub import constants

from components.model import hub_cache, local_file
from components.model.errors import OfflineError, WrongContentError
from components.model.hub import HubFile
from components.model.hub_cache import CachedFile
from components.model.local_file import explain_disk, require_room, size_of, sync
from components.model.progress import Retries
from components.model.resolution import file_to_fetch
from components.model.transfer import bring
from components.model.wanted import Content, ModelFile, WantedFile
from components.say import Say


def ensure_model_file(wanted: WantedFile, say: Say, retries: Retries | None = None) -> ModelFile:
    """Return the wanted file: the one that is there, else a copy from the cache of the Hub's library, else a download.

    A file that was verified before is used without a request. A branch or tag is looked up at the first download;
    after that the file stays that of the commit found then, even when the branch moves. Two processes that want the
    same file fetch it once. Raises ModelError, one of its subclasses.
    """
    retries = retries or Retries(say)
    if known := local_file.verified(wanted):
        return known
    held = local_file.held_content(wanted)
    cached = hub_cache.find_unasked(wanted, held)
    if expected := held or cached:
        with _place(wanted, say):
            found = _here(wanted, expected.sha256, expected.commit)
            if found := found or (_copied(wanted, cached, say) if cached else None):
                return found
    if constants.is_offline_mode():
        return _without_hub(wanted, held)
    remote = file_to_fetch(wanted, held, retries)
    with _place(wanted, say):
        found = _here(wanted, remote.sha256, remote.commit)
        if not found and not cached:
            cached = hub_cache.find(wanted, remote.commit, remote.sha256)
            found = _copied(wanted, replace(cached, commit=remote.commit), say) if cached else None
        return found or _fetched(wanted, remote, retries)


def _without_hub(wanted: WantedFile, held: Content | None) -> ModelFile:
    expected = held or (Content(commit=wanted.revision, sha256=wanted.sha256) if wanted.sha256 else None)
    if not wanted.path.exists():
        raise OfflineError(
            f"HF_HUB_OFFLINE is set, and {wanted.file} of {wanted.repository} is not at {wanted.path}, nor intact in "
            f"{constants.HF_HUB_CACHE}.\nUnset HF_HUB_OFFLINE, or put the file there and set modelSha256."
        )
    if not expected:
        raise OfflineError(
            f"HF_HUB_OFFLINE is set, and nothing says what {wanted.path} should contain.\n"
            "Set modelSha256 to its SHA-256, or unset HF_HUB_OFFLINE."
        )
    if not local_file.is_intact(wanted.path, expected.sha256):
        states = "modelSha256 states" if wanted.sha256 else f"was verified there before, {expected.sha256}"
        raise OfflineError(
            f"HF_HUB_OFFLINE is set, and {wanted.path} does not have the SHA-256 that {states}.\n"
            "Put the right file there, correct modelSha256, or unset HF_HUB_OFFLINE."
        )
    with suppress(OSError):  # whoever prepared the file may have made the folder read-only
        local_file.write_record(wanted.path, expected.sha256, expected.commit)
    return ModelFile(
        path=wanted.path,
        size=wanted.path.stat().st_size,
        sha256=expected.sha256,
        commit=expected.commit,
    )


def _here(wanted: WantedFile, sha256: str, commit: str) -> ModelFile | None:
    if known := local_file.verified(wanted):  # another process fetched it while this one waited
        return known
    if local_file.is_intact(wanted.path, sha256):
        return local_file.write_record(wanted.path, sha256, commit)
    return None


def _copied(wanted: WantedFile, cached: CachedFile, say: Say) -> ModelFile | None:
    partial = _partial(wanted, cached.sha256)
    if not hub_cache.copy(cached, wanted, partial, say):
        return None
    return _placed(wanted, partial, cached.sha256, cached.commit)


def _partial(wanted: WantedFile, sha256: str) -> Path:
    return wanted.path.with_name(f"{wanted.path.name}.{sha256[:16]}.partial")


def _fetched(wanted: WantedFile, remote: HubFile, retries: Retries) -> ModelFile:
    partial = _partial(wanted, remote.sha256)
    started_here = not partial.exists()
    _say_start(wanted, remote, partial, retries.say)
    require_room(wanted, remote.size - size_of(partial))
    bring(remote, wanted, partial, retries)
    try:
        local_file.require_content(partial, wanted, remote.size, remote.sha256)
    except WrongContentError:
        partial.unlink()
        if started_here:
            raise
        retries.say(f"{wanted.file}: what an earlier run had left was damaged; starting over")
        return _fetched(wanted, remote, retries)
    return _placed(wanted, partial, remote.sha256, remote.commit)


def _placed(wanted: WantedFile, partial: Path, sha256: str, commit: str) -> ModelFile:
    local_file.require_gguf(partial, wanted)
    # The server's user in the container differs from the one who runs Pulumi, so the umask must not decide.
    partial.chmod(0o644)
    # The file appears under its name only when it is complete; an earlier one stays in use until then.
    partial.replace(wanted.path)
    sync(wanted.path.parent)
    for other in local_file.partials(wanted.path):
        other.unlink(missing_ok=True)
    return local_file.write_record(wanted.path, sha256, commit)


def _say_start(wanted: WantedFile, remote: HubFile, partial: Path, say: Say) -> None:
    have = size_of(partial)
    rest = f", going on after the {have / 1e6:.0f} MB that are here" if have else ""
    say(f"{wanted.file}: downloading {remote.size / 1e6:.0f} MB from {wanted.repository}{rest}")


@contextmanager
def _place(wanted: WantedFile, say: Say) -> Iterator[None]:
    """Lock the file's place for this process; turn an OSError meanwhile into an error that a person can act on."""
    try:
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(wanted, say):
            yield
    except OSError as error:
        raise explain_disk(error, wanted) from error


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
