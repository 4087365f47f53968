"""How a model file gets to its place: whole, verified, and with as few requests and bytes as it takes."""

import errno
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import constants

from components.errors import StackError
from components.model.download import ensure_model_file
from components.model.errors import (
    DirectoryError,
    DiskFullError,
    HubUnreachableError,
    NotOnHubError,
    OfflineError,
    WrongContentError,
)
from components.model.local_file import hold, recorded_content
from components.model.wanted import Content, ModelFile, WantedFile
from tests.unit.model.hub_double import CONTENT, FILE, NEW, OLD, OTHER, REPOSITORY, Fault, HubDouble, digest


@pytest.fixture
def wanted(tmp_path: Path) -> WantedFile:
    """Want the file of the branch."""
    path = tmp_path / "models" / FILE
    return WantedFile(repository=REPOSITORY, revision="main", file=FILE, path=path, sha256="")


@pytest.fixture
def said() -> list[str]:
    """Hold what a person is told."""
    return []


def put(wanted: WantedFile, content: bytes, ending: str = "") -> Path:
    """Have a file with this content at the wanted place, or beside it."""
    wanted.path.parent.mkdir(parents=True, exist_ok=True)
    path = wanted.path.with_name(wanted.path.name + ending)
    path.write_bytes(content)
    return path


def cached(content: bytes, named: str, commit: str = OLD) -> None:
    """Have a file in the cache of the Hub's library, as its layout is documented."""
    folder = Path(constants.HF_HUB_CACHE, "models--owner--name")
    for name in ("blobs", "refs", f"snapshots/{commit}"):
        (folder / name).mkdir(parents=True)
    (folder / "blobs" / named).write_bytes(content)
    (folder / "refs" / "main").write_text(commit)
    (folder / "snapshots" / commit / FILE).symlink_to(f"../../blobs/{named}")


PARTIAL = f".{digest(CONTENT)[:16]}.partial"


def test_a_file_is_fetched_once_and_then_taken_without_a_request(
    hub: HubDouble, wanted: WantedFile, said: list[str]
) -> None:
    found = ensure_model_file(wanted, said.append)
    assert found == ModelFile(path=wanted.path, size=len(CONTENT), sha256=digest(CONTENT), commit=OLD)
    assert wanted.path.read_bytes() == CONTENT
    asked = list(hub.asked)
    assert ensure_model_file(wanted, said.append) == found
    assert (
        hub.asked
        == asked
        == [
            f"HEAD /{REPOSITORY}/resolve/main/{FILE}",
            f"GET /{REPOSITORY}/resolve/{OLD}/{FILE}",
        ]
    )
    assert said[0] == f"{FILE}: main of {REPOSITORY} is commit {OLD} now"


@pytest.mark.parametrize(
    ("partial", "faults", "ranges"),
    [
        (None, [Fault("GET", cut=1000)], ["", "bytes=1000-"]),
        (CONTENT[:500], [], ["bytes=500-"]),
        (b"damaged", [], ["bytes=7-", ""]),
        (CONTENT, [], []),
        (
            None,
            [Fault("GET", status=503), Fault("GET", status=429, headers={"Retry-After": "1"})],
            ["", "", ""],
        ),
        (None, [Fault("GET", error=httpx2.ConnectTimeout("slow"))], ["", ""]),
    ],
    ids=["cut", "begun before", "damaged before", "whole before", "busy", "slow"],
)
def test_what_has_come_is_kept_and_the_rest_is_asked_for(
    hub: HubDouble,
    wanted: WantedFile,
    said: list[str],
    partial: bytes | None,
    faults: list[Fault],
    ranges: list[str],
) -> None:
    hub.faults = faults
    if partial is not None:
        put(wanted, partial, PARTIAL)
    assert ensure_model_file(wanted, said.append).sha256 == digest(CONTENT)
    assert [line.partition(f"{FILE}")[2].strip() for line in hub.asked if line.startswith("GET")] == ranges
    assert sorted(one.name for one in wanted.path.parent.iterdir()) == [
        FILE,
        f"{FILE}.lock",
        f"{FILE}.verified.json",
    ]


@pytest.mark.parametrize(
    ("sent", "published", "partial", "told"),
    [
        (OTHER[: len(CONTENT)], CONTENT, None, "came with wrong content and was removed"),
        (CONTENT + b"more", CONTENT, None, "came with wrong content and was removed"),
        (None, b"<html>", None, "is not a GGUF file"),
        (CONTENT[:600], CONTENT, CONTENT[:700], "but no more than 700 by what it sends"),
    ],
    ids=["other bytes", "more bytes", "no GGUF", "fewer bytes than are here"],
)
def test_wrong_content_never_gets_to_the_place(
    hub: HubDouble,
    wanted: WantedFile,
    sent: bytes | None,
    published: bytes,
    partial: bytes | None,
    told: str,
) -> None:
    hub.commits, hub.sent = {OLD: published}, sent
    if partial:
        put(wanted, partial, PARTIAL)
    with pytest.raises(WrongContentError, match=told):
        ensure_model_file(wanted, print)
    assert [one.name for one in wanted.path.parent.iterdir()] == [f"{FILE}.lock"]


def test_a_server_that_keeps_cutting_is_given_up_on_and_what_came_is_kept(
    hub: HubDouble, wanted: WantedFile
) -> None:
    hub.faults = [Fault("GET", cut=10) for _ in range(9)]
    with pytest.raises(HubUnreachableError, match=r"reset by peer.*asked 6 times in a row. 60 of"):
        ensure_model_file(wanted, print)
    assert wanted.path.with_name(FILE + PARTIAL).read_bytes() == CONTENT[:60]


def test_a_closed_storage_of_the_hub_is_named(hub: HubDouble, wanted: WantedFile) -> None:
    hub.faults = [Fault("GET", status=302, headers={"Location": "https://storage.example/x"})]
    with pytest.raises(
        HubUnreachableError, match=r"from another host, storage\.example(?s:.*)let storage\.example"
    ):
        ensure_model_file(wanted, print)


@pytest.mark.parametrize(
    ("changes", "without", "error"),
    [
        ({"revision": OLD}, ("X-Repo-Commit",), None),
        ({"revision": "main"}, ("X-Repo-Commit",), HubUnreachableError),
        ({}, ("X-Linked-Size",), None),
        ({}, ("X-Linked-Etag",), None),
        ({"sha256": digest(CONTENT)}, (), None),
        ({"sha256": digest(CONTENT)}, ("X-Linked-Etag",), None),
        ({"sha256": digest(OTHER)}, (), WrongContentError),
        ({"repository": "a--b/c/d"}, (), NotOnHubError),
    ],
    ids=str,
)
def test_what_the_hub_states_and_what_is_set_must_agree(
    hub: HubDouble,
    wanted: WantedFile,
    changes: dict[str, str],
    without: tuple[str, ...],
    error: type[StackError] | None,
) -> None:
    hub.faults = [Fault(without=without)]
    chosen = replace(wanted, **changes)  # type: ignore[arg-type]
    if error is None:
        assert ensure_model_file(chosen, print).commit == OLD
    else:
        with pytest.raises(error):
            ensure_model_file(chosen, print)


@pytest.mark.parametrize("how", ["in the state", "beside the place"])
def test_a_branch_that_moved_is_not_taken_by_itself(hub: HubDouble, wanted: WantedFile, how: str) -> None:
    hub.commits[NEW], hub.main = OTHER, NEW
    held = Content(commit=OLD, sha256=digest(CONTENT))
    if how == "in the state":
        wanted = replace(wanted, held=held)
    else:
        hold(wanted.path, held)
    assert ensure_model_file(wanted, print).sha256 == digest(CONTENT)


@pytest.mark.parametrize(
    ("commits", "held", "error", "told"),
    [
        ({NEW: CONTENT}, OLD, None, ""),
        ({NEW: OTHER}, OLD, NotOnHubError, "is no longer on the Hub.*modelRevision b{40}"),
        ({NEW: OTHER, OLD: OTHER}, OLD, WrongContentError, "but what this stack has is"),
        ({NEW: OTHER}, "main", WrongContentError, "but what this stack has is"),
    ],
    ids=["rewritten history", "gone", "another content", "a branch that could not be asked"],
)
def test_a_content_that_is_held_comes_again_or_nothing_does(
    hub: HubDouble,
    wanted: WantedFile,
    commits: dict[str, bytes],
    held: str,
    error: type[StackError] | None,
    told: str,
) -> None:
    hub.commits, hub.main = commits, NEW
    wanted = replace(wanted, held=Content(commit=held, sha256=digest(CONTENT)))
    if error is None:
        assert ensure_model_file(wanted, print).commit == NEW
    else:
        with pytest.raises(error, match=rf"(?s){told}"):
            ensure_model_file(wanted, print)


@pytest.mark.parametrize(
    ("content", "named", "offline", "requests"),
    [
        (CONTENT, digest(CONTENT), False, 1),
        (CONTENT, digest(CONTENT), True, 0),
        (OTHER, digest(CONTENT), False, 2),
        (CONTENT, "f" * 40, False, 1),
    ],
    ids=["online", "offline", "damaged", "named by another digest"],
)
def test_the_cache_of_the_hubs_library_is_used(
    hub: HubDouble,
    wanted: WantedFile,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    named: str,
    offline: bool,
    requests: int,
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    cached(content, named)
    found = ensure_model_file(wanted, print)
    assert (found.commit, wanted.path.read_bytes(), len(hub.asked)) == (OLD, CONTENT, requests)


@pytest.mark.parametrize(
    ("there", "sha256", "told"),
    [
        (None, "", "is not at .* nor intact in"),
        (CONTENT, "", "nothing says what .* should contain"),
        (CONTENT, digest(OTHER), "does not have the SHA-256 that modelSha256 states"),
        (CONTENT, digest(CONTENT), ""),
    ],
    ids=["missing", "unknown", "another", "right"],
)
def test_without_the_hub_a_file_must_be_there_and_known(
    hub: HubDouble,
    wanted: WantedFile,
    monkeypatch: pytest.MonkeyPatch,
    there: bytes | None,
    sha256: str,
    told: str,
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    if there:
        put(wanted, there)
    chosen = replace(wanted, sha256=sha256)
    if told:
        with pytest.raises(OfflineError, match=told):
            ensure_model_file(chosen, print)
    else:
        assert ensure_model_file(chosen, print).commit == "main"
        assert recorded_content(wanted.path) == Content(commit="main", sha256=sha256)
    assert hub.asked == []


def test_a_file_that_was_put_there_by_hand_is_verified_and_not_fetched(
    hub: HubDouble, wanted: WantedFile
) -> None:
    put(wanted, CONTENT)
    assert ensure_model_file(wanted, print).commit == OLD
    assert [line for line in hub.asked if line.startswith("GET")] == []


def test_no_room_is_told_before_anything_comes(
    hub: HubDouble, wanted: WantedFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "components.model.local_file.shutil.disk_usage", lambda _path: type("", (), {"free": 7})
    )
    with pytest.raises(DiskFullError, match="modelsDirectory"):
        ensure_model_file(wanted, print)
    assert [line for line in hub.asked if line.startswith("GET")] == []


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(("number", "error"), [(errno.ENOSPC, DiskFullError), (errno.EROFS, DirectoryError)])
def test_a_disk_that_fails_is_told_with_what_to_do(
    wanted: WantedFile, monkeypatch: pytest.MonkeyPatch, number: int, error: type[StackError]
) -> None:
    def fail(_path: Path) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr("components.model.download.sync", fail)
    with pytest.raises(error, match="modelsDirectory"):
        ensure_model_file(wanted, print)
