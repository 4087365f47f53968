"""Disks that are full and folders that can't be written to."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.hub.faults import Fault
from sandbox.hub.server import Hub
from tests.contract.model.conftest import Model
from tests.contract.model.downloader import Downloader
from tests.contract.model.test_download import ranges


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of 4 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4000k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_without_room_is_found_before_the_download(
    hub: Hub, model: Model, downloader: Downloader, small_disk: Path
) -> None:
    model.directory = small_disk
    (small_disk / "other").write_bytes(bytes(2_000_000))
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "DiskFullError"
    assert "needs 3.0 MB more" in outcome.message
    assert "2.1 MB free" in outcome.message
    assert ranges(hub) == []


def test_a_disk_that_fills_up_meanwhile_keeps_what_came(
    hub: Hub, model: Model, downloader: Downloader, small_disk: Path
) -> None:
    model.directory = small_disk
    other = small_disk / "other"
    hub.faults.add(
        Fault(at=(1_000_000, lambda: other.write_bytes(bytes(2_400_000))), bytes_per_second=20_000_000)
    )
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "DiskFullError"
    assert "no more room" in outcome.message
    assert not model.path.exists()

    came = model.partial.stat().st_size
    other.unlink()
    assert downloader.ensure(model.wanted()).result["sha256"] == model.sha256
    assert ranges(hub)[-1] == f"bytes={came}-"


def test_a_file_where_a_folder_should_be_is_named(model: Model, downloader: Downloader) -> None:
    model.directory.write_text("not a folder")
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "DirectoryError"
    assert "Not a directory" in outcome.message
    assert "modelsDirectory" in outcome.message


def test_a_folder_on_a_read_only_disk_is_named(
    model: Model, downloader: Downloader, small_disk: Path
) -> None:
    model.directory = small_disk
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "DirectoryError"
    assert "Read-only file system" in outcome.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_named(model: Model, downloader: Downloader) -> None:
    model.directory.mkdir(mode=0o500)
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "DirectoryError"
    assert "Permission denied" in outcome.message
