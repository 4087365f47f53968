"""Connections that end, servers in trouble, and processes that are killed."""

import re
import signal
import time

import pytest

from components.model.local_file import size_of
from sandbox.hub.faults import Fault
from sandbox.hub.server import Hub
from tests.contract.model.conftest import SIZE, Model, Start, wait_until
from tests.contract.model.downloader import Downloader
from tests.contract.model.test_download import ranges


def test_a_cut_connection_goes_on_where_it_stopped(hub: Hub, model: Model, downloader: Downloader) -> None:
    hub.faults.add(Fault(cut_after=1_200_000))
    outcome = downloader.ensure(model.wanted())
    assert outcome.result["sha256"] == model.sha256
    assert ranges(hub) == ["", "bytes=1200000-"]
    assert any("trying again in" in line and "(1 of 3)" in line for line in outcome.said)


def test_a_killed_process_leaves_what_another_goes_on_with(hub: Hub, model: Model, start: Start) -> None:
    hub.faults.add(Fault(bytes_per_second=1_000_000))
    killed = start()
    killed.begin(model.wanted())
    wait_until(lambda: size_of(model.partial) >= 400_000)
    killed.process.send_signal(signal.SIGKILL)
    killed.process.wait()
    came = model.partial.stat().st_size
    assert 400_000 <= came < SIZE

    outcome = start().ensure(model.wanted())
    assert outcome.result["sha256"] == model.sha256
    assert ranges(hub) == ["", f"bytes={came}-"]
    assert model.path.read_bytes() == model.content
    assert not model.partial.exists()


def test_connections_that_bring_something_are_not_counted_as_failures(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    model.publish(b"GGUF" + b"long" * 2_000_000)
    hub.faults.add(Fault(cut_after=1_100_000), times=6)
    assert downloader.ensure(model.wanted()).result["sha256"] == model.sha256
    assert len(ranges(hub)) == 7


def test_connections_that_bring_nothing_end_it_and_what_came_is_kept(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    hub.faults.add(Fault(cut_after=1000), times=4)
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "HubUnreachableError"
    assert f"4000 of {SIZE + 4} bytes are here and are kept" in outcome.message
    assert model.partial.read_bytes() == model.content[:4000]
    assert downloader.ensure(model.wanted()).result["sha256"] == model.sha256


def test_a_server_that_ignores_the_range_is_read_from_the_start(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    hub.faults.add(Fault(cut_after=1_500_000))
    hub.faults.add(Fault(ignore_range=True))
    assert downloader.ensure(model.wanted()).result["sha256"] == model.sha256
    assert ranges(hub) == ["", "bytes=1500000-"]


def test_a_server_that_falls_silent_is_asked_again(hub: Hub, model: Model, start: Start) -> None:
    hub.faults.add(Fault(at=(500_000, lambda: time.sleep(2))))
    outcome = start(HF_HUB_DOWNLOAD_TIMEOUT="1").ensure(model.wanted())
    assert outcome.result["sha256"] == model.sha256
    assert len(ranges(hub)) == 2


def test_a_damaged_rest_of_an_earlier_run_is_thrown_away(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    model.partial.parent.mkdir(parents=True)
    model.partial.write_bytes(b"damaged" * 1000)
    outcome = downloader.ensure(model.wanted())
    assert outcome.result["sha256"] == model.sha256
    assert ranges(hub) == ["bytes=7000-", ""]
    assert any("starting over" in line for line in outcome.said)


def test_a_rest_that_is_too_long_is_thrown_away(model: Model, downloader: Downloader) -> None:
    model.partial.parent.mkdir(parents=True)
    model.partial.write_bytes(b"x" * (SIZE + 100))
    assert downloader.ensure(model.wanted()).result["sha256"] == model.sha256


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_again(
    hub: Hub, model: Model, downloader: Downloader, method: str, status: int
) -> None:
    hub.faults.add(Fault(method=method, status=status), times=2)
    outcome = downloader.ensure(model.wanted())
    assert outcome.result["sha256"] == model.sha256
    assert sum("trying again" in line for line in outcome.said) == 2


def test_the_wait_that_a_server_asks_for_is_kept(hub: Hub, model: Model, downloader: Downloader) -> None:
    hub.faults.add(Fault(status=429, retry_after=30))
    outcome = downloader.ensure(model.wanted())
    assert any("trying again in 0.04 s" in line for line in outcome.said), outcome.said


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_a_server_that_stays_in_trouble_ends_it(
    hub: Hub, model: Model, downloader: Downloader, method: str
) -> None:
    hub.faults.add(Fault(method=method, status=503), times=4)
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "HubUnreachableError"
    assert "HTTP 503" in outcome.message


def test_a_refusal_on_the_way_is_not_tried_again(hub: Hub, model: Model, downloader: Downloader) -> None:
    hub.faults.add(Fault(status=403, bare=True))
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "AccessDeniedError"
    assert not any("trying again" in line for line in outcome.said)


def test_a_branch_that_moves_meanwhile_does_not_mix_two_files(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    wanted, old, commit = model.wanted(), model.content, model.commit
    hub.faults.add(Fault(cut_after=1_200_000, at=(1, lambda: model.publish(b"GGUF" + b"new!" * 750_000))))
    assert downloader.ensure(wanted).result["commit"] == commit
    assert model.path.read_bytes() == old
    assert model.commit != commit


@pytest.mark.parametrize(("stated", "most"), [(1_000_000, 1_100_000), (5_000_000, SIZE + 4)])
def test_a_size_that_is_stated_wrongly_ends_it(
    hub: Hub, model: Model, downloader: Downloader, stated: int, most: int
) -> None:
    """Neither an endless body nor an endless row of requests."""
    headers = {
        "X-Repo-Commit": model.commit,
        "X-Linked-Etag": f'"{model.sha256}"',
        "X-Linked-Size": str(stated),
    }
    hub.faults.add(Fault(method="HEAD", status=200, headers=headers))
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "WrongContentError"
    came = max(int(number) for number in re.findall(r"(\d+) (?:bytes and|by what it sends)", outcome.message))
    assert came <= most
    assert model.files() == set()
