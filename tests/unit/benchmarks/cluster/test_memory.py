"""Whose memory is counted: programs and all that they started, each page once."""

from pathlib import Path

import pytest

from benchmarks.cluster.memory import by_name, named, parent, tree


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """Return a folder like /proc: a node's first process with a pod below it, and another program beside them."""
    programs = [
        (1, 0, "init", 10),
        (20, 1, "kubelet", 1024),
        (30, 1, "shim (2)", 512),
        (31, 30, "java", 4096),
    ]
    for process, started_by, name, kibibytes in [*programs, (40, 7, "kubelet", 2048)]:
        folder = tmp_path / str(process)
        folder.mkdir()
        (folder / "comm").write_text(f"{name}\n")
        (folder / "stat").write_text(f"{process} ({name}) S {started_by} 1 1 0\n")
        (folder / "smaps_rollup").write_text(f"Rss:    9999 kB\nPss:    {kibibytes} kB\n")
    (tmp_path / "uptime").write_text("1\n")
    return tmp_path


def test_a_tree_has_all_that_a_process_started_and_nothing_else(proc: Path) -> None:
    assert tree([1], proc) == {1, 20, 30, 31}
    assert tree([30], proc) == {30, 31}


def test_a_process_that_has_ended_has_no_tree(proc: Path) -> None:
    assert tree([99], proc) == set()


def test_programs_of_one_name_are_added_up_by_their_share_of_each_page(proc: Path) -> None:
    assert by_name([20, 40, 31], proc) == {"kubelet": 3.0, "java": 4.0}


def test_a_process_that_ended_meanwhile_is_left_out(proc: Path) -> None:
    assert by_name([20, 99], proc) == {"kubelet": 1.0}


def test_a_process_is_found_by_its_name_and_leads_to_its_parent(proc: Path) -> None:
    assert named("kubelet", proc) == {20, 40}
    assert parent(31, proc) == 30
    assert parent(99, proc) == 0
