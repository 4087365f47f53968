"""A file that is in the cache of the Hub's library already: taken from there when it is intact."""

import stat
from pathlib import Path

import pytest
from huggingface_hub import hf_hub_download

from sandbox.hub.server import Hub
from tests.contract.model.conftest import SIZE, Model, Start
from tests.contract.model.downloader import Downloader, Outcome
from tests.contract.model.test_disk import small_disk as small_disk  # noqa: PLC0414 (a fixture)
from tests.contract.model.test_download import VERIFIED, ranges

COPIED = "from the Hub's cache on this machine"
NO_SHA256 = ""


@pytest.fixture
def cache(hub: Hub, model: Model, tmp_path: Path) -> Path:
    """Return a cache to which the library itself has downloaded the model from the branch."""
    folder = tmp_path / "hf-home" / "hub"
    hf_hub_download(
        model.repository, model.file, revision="main", cache_dir=folder, endpoint=hub.endpoint, token=False
    )
    hub.asked.clear()
    return folder


def entry(cache: Path, model: Model) -> Path:
    """Return the file's name in the cache, a link to the blob."""
    found = next(cache.glob(f"models--*/snapshots/{model.commit}/{model.file}"))
    assert found.resolve().name == model.sha256
    return found


def copied(outcome: Outcome) -> bool:
    return any(COPIED in line for line in outcome.said)


def revision_of(model: Model, revision: str) -> str:
    return model.commit if revision == "the commit" else revision


@pytest.mark.parametrize(
    ("variable", "below"), [("HF_HOME", ".."), ("HF_HUB_CACHE", ".")], ids=["HF_HOME", "HF_HUB_CACHE"]
)
@pytest.mark.parametrize(("revision", "requests"), [("the commit", []), ("main", ["HEAD"])])
def test_a_cached_file_is_copied_and_not_downloaded(
    hub: Hub,
    model: Model,
    cache: Path,
    start: Start,
    variable: str,
    below: str,
    revision: str,
    requests: list[str],
) -> None:
    reusing = start(**{variable: str((cache / below).resolve())})
    wanted = model.wanted(revision=revision_of(model, revision))
    outcome = reusing.ensure(wanted)
    assert outcome.result == {
        "path": wanted["path"],
        "size": SIZE + 4,
        "sha256": model.sha256,
        "commit": model.commit,
    }
    assert copied(outcome)
    # The library may also ask for a list of its own, once a day.
    assert [asked.method for asked in hub.asked if model.repository in asked.path] == requests

    placed = Path(wanted["path"])
    assert placed.read_bytes() == model.content
    assert {one.name for one in placed.parent.iterdir() if one.suffix != ".lock"} == {model.file, VERIFIED}
    assert (stat.S_IMODE(placed.stat().st_mode), placed.stat().st_nlink) == (0o644, 1)
    assert not placed.is_symlink()


@pytest.mark.parametrize("offline", ["", "1"])
def test_a_blob_that_repositories_share_is_taken(
    model: Model, cache: Path, start: Start, offline: str
) -> None:
    """Its own name is the digest of another kind that the Hub's newer storage uses."""
    blob = entry(cache, model).resolve()
    shared = cache / "blobs" / "ab" / ("ab" * 32)
    shared.parent.mkdir(parents=True)
    blob.rename(shared)
    blob.symlink_to(Path("../..") / shared.relative_to(cache))
    outcome = start(HF_HUB_CACHE=str(cache), HF_HUB_OFFLINE=offline).ensure(model.wanted())
    assert outcome.result["sha256"] == model.sha256
    assert copied(outcome)


def test_a_cache_without_links_is_used_where_the_hub_states_the_sha256(
    hub: Hub, model: Model, cache: Path, start: Start
) -> None:
    """So it is on disks that have no links."""
    name = entry(cache, model)
    name.resolve().rename(cache / "moved")
    name.unlink()
    (cache / "moved").rename(name)
    outcome = start(HF_HUB_CACHE=str(cache)).ensure(model.wanted())
    assert copied(outcome)
    assert ranges(hub) == []


def test_a_file_of_another_commit_with_the_same_content_is_taken(
    hub: Hub, model: Model, cache: Path, start: Start
) -> None:
    model.publish(model.content, beside=b"another README")
    outcome = start(HF_HUB_CACHE=str(cache)).ensure(model.wanted())
    assert copied(outcome)
    assert outcome.result["commit"] == model.commit
    assert ranges(hub) == []


def test_other_content_in_the_cache_is_not_taken(hub: Hub, model: Model, cache: Path, start: Start) -> None:
    model.publish(b"GGUF" + b"new" * 500_000)
    outcome = start(HF_HUB_CACHE=str(cache)).ensure(model.wanted())
    assert outcome.result["sha256"] == model.sha256
    assert not copied(outcome)
    assert ranges(hub) == [""]


def test_a_contradicting_sha256_is_refused_though_the_file_is_cached(
    model: Model, cache: Path, start: Start
) -> None:
    reusing = start(HF_HUB_CACHE=str(cache))
    outcome = reusing.ensure(model.wanted(revision=model.commit, sha256="0" * 64))
    assert outcome.error == "WrongContentError"
    assert not copied(outcome)


@pytest.mark.parametrize("revision", ["the commit", "main"])
@pytest.mark.parametrize("damage", ["bytes", "cut", "gone"])
def test_a_damaged_entry_is_told_of_once_and_the_download_goes_on(
    hub: Hub, model: Model, cache: Path, start: Start, revision: str, damage: str
) -> None:
    blob = entry(cache, model).resolve()
    if damage == "gone":
        blob.unlink()
    else:
        blob.write_bytes(b"GGUF" + b"x" * SIZE if damage == "bytes" else model.content[:1000])
    outcome = start(HF_HUB_CACHE=str(cache)).ensure(model.wanted(revision=revision_of(model, revision)))
    assert outcome.result["sha256"] == model.sha256
    assert ranges(hub) == [""]
    told = sum("is damaged" in line and str(cache) in line for line in outcome.said)
    assert told == (0 if damage == "gone" else 1)


def test_a_cached_file_that_is_no_gguf_file_is_refused(model: Model, hub: Hub, cache: Path) -> None:
    model.publish(b"<html>" + b" " * 1000)
    hf_hub_download(model.repository, model.file, cache_dir=cache, endpoint=hub.endpoint, token=False)
    hub.asked.clear()
    reusing = Downloader({"HF_ENDPOINT": hub.endpoint, "HF_HUB_CACHE": str(cache)})
    outcome = reusing.ensure(model.wanted())
    reusing.close()
    assert outcome.error == "WrongContentError"
    assert "not a GGUF file" in outcome.message
    assert (model.files(), ranges(hub)) == (set(), [])


def test_a_rest_of_a_download_is_no_hindrance(model: Model, cache: Path, start: Start) -> None:
    model.partial.parent.mkdir(parents=True)
    model.partial.write_bytes(b"damaged" * 1000)
    outcome = start(HF_HUB_CACHE=str(cache)).ensure(model.wanted())
    assert outcome.result["sha256"] == model.sha256
    assert copied(outcome)
    assert model.files() == {model.file, VERIFIED}


def test_a_disk_without_room_for_the_copy_is_found_before_it(
    model: Model, cache: Path, start: Start, small_disk: Path
) -> None:
    model.directory = small_disk
    (small_disk / "other").write_bytes(bytes(2_000_000))
    outcome = start(HF_HUB_CACHE=str(cache)).ensure(model.wanted())
    assert outcome.error == "DiskFullError"
    assert "needs 3.0 MB more" in outcome.message
    assert not copied(outcome)
    assert model.files() == set()


@pytest.mark.parametrize("revision", ["the commit", "main"])
@pytest.mark.parametrize("known", ["by modelSha256", "by the cache"])
def test_offline_a_cached_file_is_enough(
    hub: Hub, model: Model, cache: Path, start: Start, revision: str, known: str
) -> None:
    offline = start(HF_HUB_CACHE=str(cache), HF_HUB_OFFLINE="1")
    sha256 = model.sha256 if known == "by modelSha256" else NO_SHA256
    outcome = offline.ensure(model.wanted(revision=revision_of(model, revision), sha256=sha256))
    assert (outcome.result["sha256"], outcome.result["commit"]) == (model.sha256, model.commit)
    assert copied(outcome)
    assert hub.asked == []


def test_offline_any_cached_file_of_the_sha256_that_was_set_is_enough(
    hub: Hub, model: Model, cache: Path, start: Start
) -> None:
    offline = start(HF_HUB_CACHE=str(cache), HF_HUB_OFFLINE="1")
    outcome = offline.ensure(model.wanted(revision="v1", sha256=model.sha256))
    assert outcome.result["sha256"] == model.sha256
    assert hub.asked == []


def test_offline_the_cache_says_what_a_file_put_there_by_hand_should_be(
    model: Model, cache: Path, start: Start
) -> None:
    model.put(model.content)
    outcome = start(HF_HUB_CACHE=str(cache), HF_HUB_OFFLINE="1").ensure(model.wanted())
    assert outcome.result["commit"] == model.commit
    assert not copied(outcome)


@pytest.mark.parametrize(
    "changes",
    [{"revision": "v1"}, {"sha256": "0" * 64}, {"file": "model-Q8_0.gguf"}, {"repository": "tests/none"}],
    ids=str,
)
def test_offline_without_the_file_in_the_cache(
    model: Model, cache: Path, start: Start, changes: dict[str, str]
) -> None:
    outcome = start(HF_HUB_CACHE=str(cache), HF_HUB_OFFLINE="1").ensure(model.wanted(**changes))
    assert outcome.error == "OfflineError"
    assert str(cache) in outcome.message
    assert not model.directory.exists()


def test_offline_a_damaged_entry_is_not_taken(model: Model, cache: Path, start: Start) -> None:
    entry(cache, model).resolve().write_bytes(b"GGUF" + b"x" * SIZE)
    outcome = start(HF_HUB_CACHE=str(cache), HF_HUB_OFFLINE="1").ensure(model.wanted())
    assert outcome.error == "OfflineError"
    assert any("is damaged" in line for line in outcome.said)
    assert model.files() == set()
