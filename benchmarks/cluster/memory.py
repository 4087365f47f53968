"""The memory of programs in containers, however deep: their proportional share of it, as the kernel counts it."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
KIBIBYTES = 1024


def tree(roots: Iterable[int], proc: Path = PROC) -> set[int]:
    """Return processes and all their descendants. Pods in a node are descendants of the node's first process."""
    parents = {int(one.name): _parent(one) for one in proc.iterdir() if one.name.isdigit()}
    found: set[int] = set()
    new = set(roots) & parents.keys()
    while new:
        found |= new
        new = {process for process, parent in parents.items() if parent in new} - found
    return found


def named(name: str, proc: Path = PROC) -> set[int]:
    """Return the processes of that name, as the kernel has it: its first 15 characters."""
    return {int(one.name) for one in proc.iterdir() if one.name.isdigit() and _name(one) == name}


def parent(process: int, proc: Path = PROC) -> int:
    """Return a process's parent; 0 when there is no such process."""
    return _parent(proc / str(process))


def by_name(processes: Iterable[int], proc: Path = PROC) -> dict[str, float]:
    """Return the MiB of processes, by their names: of a page that several share, each has its part."""
    found: Counter[str] = Counter()
    for process in processes:
        folder = proc / str(process)
        found[_name(folder)] += _share(folder)
    return {name: kibibytes / KIBIBYTES for name, kibibytes in found.items() if kibibytes}


def _share(folder: Path) -> int:
    for line in _text(folder / "smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def _name(folder: Path) -> str:
    return _text(folder / "comm").strip()


def _parent(folder: Path) -> int:
    fields = _text(folder / "stat").rpartition(")")[2].split()
    return int(fields[1]) if fields else 0


def _text(file: Path) -> str:
    """Return what the kernel says; nothing when the process has ended meanwhile."""
    try:
        return file.read_text()
    except OSError:
        return ""
