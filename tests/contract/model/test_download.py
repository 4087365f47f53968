"""A download from the Hub: whole, verified, and no more than once."""

import os
import stat
import threading
import time

import pytest

from components.model.local_file import size_of
from sandbox.hub.faults import Fault
from sandbox.hub.server import Hub
from tests.contract.model.conftest import SIZE, Model, Start, wait_until
from tests.contract.model.downloader import Downloader

VERIFIED = "model-F16.gguf.verified.json"


def ranges(hub: Hub) -> list[str]:
    """Return which parts of files were asked of the storage."""
    return [asked.range for asked in hub.asked if asked.server == "storage" and asked.method == "GET"]


def test_a_file_is_fetched_whole_and_described(hub: Hub, model: Model, downloader: Downloader) -> None:
    outcome = downloader.ensure(model.wanted())
    assert outcome.result == {
        "path": str(model.path),
        "size": SIZE + 4,
        "sha256": model.sha256,
        "commit": model.commit,
    }
    assert model.path.read_bytes() == model.content
    assert model.files() == {model.file, VERIFIED}
    assert ranges(hub) == [""]
    assert f"main of {model.repository} is commit {model.commit} now" in outcome.said[0]
    assert "downloading 3 MB" in outcome.said[1]


def test_every_user_may_read_the_file(model: Model, start: Start) -> None:
    """llama-server runs as a user of its own."""
    before = os.umask(0o077)
    try:
        strict = start()
    finally:
        os.umask(before)
    assert strict.ensure(model.wanted()).error == ""
    assert stat.S_IMODE(model.path.stat().st_mode) == 0o644


@pytest.mark.parametrize("revision", ["main", "the commit"])
def test_an_intact_file_takes_no_request(
    hub: Hub, model: Model, downloader: Downloader, revision: str
) -> None:
    wanted = model.wanted(revision=model.commit if revision == "the commit" else revision)
    first = downloader.ensure(wanted)
    hub.asked.clear()
    assert downloader.ensure(wanted).result == first.result
    assert hub.asked == []


def test_a_file_put_there_by_hand_is_verified_and_not_fetched(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    model.put(model.content)
    assert downloader.ensure(model.wanted()).result["sha256"] == model.sha256
    assert ranges(hub) == []


@pytest.mark.parametrize("same_size", [True, False])
def test_a_stale_file_is_replaced(hub: Hub, model: Model, downloader: Downloader, same_size: bool) -> None:
    model.put(b"GGUF" + b"x" * (SIZE if same_size else 10))
    assert downloader.ensure(model.wanted()).result["sha256"] == model.sha256
    assert model.path.read_bytes() == model.content
    assert ranges(hub) == [""]


def test_the_old_file_stays_until_a_new_one_is_whole(hub: Hub, model: Model, downloader: Downloader) -> None:
    downloader.ensure(model.wanted())
    old = model.content
    model.publish(b"GGUF" + b"new" * 500_000)
    seen: list[bytes] = []
    hub.faults.add(Fault(at=(1, lambda: seen.append(model.path.read_bytes()))))
    assert downloader.ensure(model.wanted(sha256=model.sha256)).result["commit"] == model.commit
    assert seen == [old]
    assert model.path.read_bytes() == model.content


def test_a_file_that_was_written_to_is_not_taken_when_the_hub_refuses(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    """The library itself would return the file that is there, with a warning."""
    downloader.ensure(model.wanted())
    model.path.write_bytes(b"GGUF, but other bytes")
    hub.faults.add(Fault(method="HEAD", status=403, bare=True))
    assert downloader.ensure(model.wanted()).error == "AccessDeniedError"


def test_two_processes_at_once_fetch_once(hub: Hub, model: Model, start: Start) -> None:
    second_came = threading.Event()
    hub.faults.add(Fault(at=(1_000_000, lambda: second_came.wait(30))))
    first, second = (start(HF_HUB_DOWNLOAD_TIMEOUT="60") for _ in range(2))
    first.begin(model.wanted())
    wait_until(model.partial.exists)
    second.begin(model.wanted())
    wait_until(lambda: [asked.method for asked in hub.asked if asked.server == "hub"].count("HEAD") == 2)
    time.sleep(0.5)  # from the answer to the lock
    second_came.set()
    outcomes = [first.outcome(), second.outcome()]
    assert [outcome.result["sha256"] for outcome in outcomes] == [model.sha256] * 2
    assert ranges(hub) == [""]
    assert [any("another process" in line for line in outcome.said) for outcome in outcomes] == [False, True]


def test_the_process_that_waited_goes_on_where_the_other_was_killed(
    hub: Hub, model: Model, start: Start
) -> None:
    hub.faults.add(Fault(bytes_per_second=1_000_000))
    killed, second = start(), start()
    killed.begin(model.wanted())
    wait_until(lambda: size_of(model.partial) >= 400_000)
    second.begin(model.wanted())
    wait_until(lambda: [asked.method for asked in hub.asked if asked.server == "hub"].count("HEAD") == 2)
    time.sleep(0.2)  # from the answer to the lock
    killed.process.kill()
    killed.process.wait()
    outcome = second.outcome()
    assert outcome.result["sha256"] == model.sha256
    assert any("another process" in line for line in outcome.said)
    assert [one == "" for one in ranges(hub)] == [True, False]
    assert model.files() == {model.file, VERIFIED}


def test_the_sha256_that_was_set_is_required(model: Model, downloader: Downloader) -> None:
    assert downloader.ensure(model.wanted(sha256=model.sha256)).result["sha256"] == model.sha256


def test_a_contradicting_sha256_stops_before_the_download(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    outcome = downloader.ensure(model.wanted(sha256="0" * 64))
    assert outcome.error == "WrongContentError"
    assert model.sha256 in outcome.message
    assert "modelSha256" in outcome.message
    assert ranges(hub) == []


def test_a_mirror_without_the_headers_about_large_files_is_asked_for_the_list(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    headers = {"X-Repo-Commit": model.commit, "ETag": '"of-the-mirror"'}
    hub.faults.add(Fault(method="HEAD", status=200, headers=headers))
    assert downloader.ensure(model.wanted()).result["sha256"] == model.sha256
    assert any("/api/models/" in asked.path for asked in hub.asked)


def test_wrong_bytes_are_refused_and_removed(hub: Hub, model: Model, downloader: Downloader) -> None:
    hub.faults.add(Fault(corrupt=True))
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "WrongContentError"
    assert model.sha256 in outcome.message
    assert model.files() == set()


def test_wrong_bytes_leave_the_file_that_was_there(hub: Hub, model: Model, downloader: Downloader) -> None:
    downloader.ensure(model.wanted())
    old = model.content
    model.publish(b"GGUF" + b"new" * 500_000)
    hub.faults.add(Fault(corrupt=True))
    assert downloader.ensure(model.wanted(sha256=model.sha256)).error == "WrongContentError"
    assert model.path.read_bytes() == old


def test_what_is_not_gguf_is_refused_and_removed(hub: Hub, model: Model, downloader: Downloader) -> None:
    model.publish(b"<html>" + b" " * 1000)
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "WrongContentError"
    assert "not a GGUF file" in outcome.message
    assert ranges(hub) == [""]
    assert model.files() == set()
