"""The resource over its life: created, read, changed, mended and deleted, as the engine asks for it."""

import os
from pathlib import Path

from components.model.machine import this_machine
from sandbox.hub.server import Hub
from tests.contract.model.conftest import Model
from tests.contract.model.downloader import Downloader
from tests.contract.model.test_download import ranges


def test_a_round_trip(hub: Hub, model: Model, downloader: Downloader) -> None:
    inputs = model.inputs()
    assert downloader.provider("check", {}, inputs).result["failures"] == []

    created = downloader.provider("create", inputs).result
    state = created["outs"]
    assert created["id"] == str(model.path)
    assert state == inputs | {
        "size": len(model.content),
        "sha256": model.sha256,
        "commit": model.commit,
        "machine": this_machine(),
        "upstream_commit": "",
        "schema_version": 3,
    }
    assert downloader.provider("diff", created["id"], state, inputs).result["changes"] is False

    hub.asked.clear()
    read = downloader.provider("read", created["id"], state).result
    assert (read["id"], read["outs"], read["inputs"]) == (created["id"], state, inputs)
    assert [asked.method for asked in hub.asked] == ["HEAD"]

    pinned = model.inputs(expected_sha256=model.sha256)
    assert downloader.provider("diff", created["id"], state, pinned).result["replaces"] == []
    updated = downloader.provider("update", created["id"], state, pinned).result["outs"]
    assert updated == state | {"expected_sha256": model.sha256}
    assert ranges(hub) == []

    downloader.provider("delete", created["id"], updated)
    assert model.path.exists()
    downloader.provider("delete", created["id"], updated | {"keep_files": False})
    assert list(model.directory.iterdir()) == []


def test_refresh_finds_a_changed_file_and_up_mends_it(hub: Hub, model: Model, downloader: Downloader) -> None:
    inputs = model.inputs()
    created = downloader.provider("create", inputs).result
    change_unnoticed(model.path)
    assert downloader.provider("read", created["id"], created["outs"]).result["id"] == ""
    hub.asked.clear()
    assert downloader.provider("create", inputs).result["outs"] == created["outs"]
    assert model.path.read_bytes() == model.content
    assert ranges(hub) == [""]


def test_a_missing_file_comes_back_without_a_refresh(hub: Hub, model: Model, downloader: Downloader) -> None:
    inputs = model.inputs()
    created = downloader.provider("create", inputs).result
    model.path.unlink()
    hub.asked.clear()
    assert downloader.provider("diff", created["id"], created["outs"], inputs).result["changes"] is True
    assert hub.asked == []
    updated = downloader.provider("update", created["id"], created["outs"], inputs).result["outs"]
    assert updated == created["outs"]
    assert model.path.read_bytes() == model.content


def change_unnoticed(path: Path) -> None:
    """Change a byte, but neither size nor time."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_checkout_that_moved_takes_its_file_along(hub: Hub, model: Model, downloader: Downloader) -> None:
    created = downloader.provider("create", model.inputs()).result
    model.directory = model.directory.rename(model.directory.with_name("moved"))
    moved = model.inputs()
    assert downloader.provider("diff", created["id"], created["outs"], moved).result["replaces"] == ["path"]
    hub.asked.clear()
    again = downloader.provider("create", moved).result
    assert again["outs"] == created["outs"] | {"path": str(model.path)}
    assert ranges(hub) == []


def test_an_update_to_a_contradicting_sha256_fails_and_keeps_the_file(
    model: Model, downloader: Downloader
) -> None:
    created = downloader.provider("create", model.inputs()).result
    outcome = downloader.provider(
        "update", created["id"], created["outs"], model.inputs(expected_sha256="0" * 64)
    )
    assert outcome.error == "WrongContentError"
    assert model.path.read_bytes() == model.content
