"""What the end of an Elasticsearch node's log means, and what to do about it."""

from __future__ import annotations

import json
import re

from components.startup.ending import KILLED, Program

WIDTH = 400
"""How many characters of a log line are shown."""

_BOOTSTRAP_CHECK = 78

_MEMORY = (
    "It needs more memory than it may have: raise elasticsearchMemory (at least twice elasticsearchHeap), or give the "
    "engine's machine more."
)

# Words of Elasticsearch 9, Lucene and the JVM, the more telling ones first. Its locks tell of other nodes and of rights
# in one message: which of the two it was, only the cause below it says.
_ADVICE = (
    (
        r"cannot downgrade a node from version",
        "The data was written by a newer version, which no older one can read: set elasticsearchImage to the version "
        "that wrote it, or a newer one.",
    ),
    (
        r"cannot upgrade a node from version|was created with version .* but the minimum compatible version",
        "The data was written by a version too old for this one: set elasticsearchImage to the version in between "
        "that the message names, `pulumi up`, and then go on to this one.",
    ),
    (
        r"No space left on device|DiskFullException|not enough (disk )?space",
        "The disk of the Docker engine's machine is full: make room (`docker system df` shows what takes it).",
    ),
    (
        r"ELASTIC_PASSWORD_FILE",
        "The volume with its first password has lost its file: `pulumi up --replace "
        "'**Command::elasticsearch-password-file'` writes it again.",
    ),
    (
        r"AccessDeniedException|Read-only file system",
        "It may not write to its data: everything in its volume must belong to user 1000 in group 0.",
    ),
    (
        r"failed to obtain node lock|Lock held by",
        "Another node uses the same data: `docker ps --filter volume=VOLUME`, with the volume of the output "
        "elasticsearchVolume, shows it. Only one of them may run; does another stack have this stackId?",
    ),
    (
        r"CorruptIndexException|CorruptStateException|TranslogCorruptedException|checksum failed",
        "Its data is damaged: restore a backup (`jinactl restore`) into a new stack.",
    ),
    (
        r"vm\.max_map_count|max virtual memory areas",
        "The engine's machine allows too few memory maps: there, `sudo sysctl -w vm.max_map_count=1048576`, and the "
        "same line in /etc/sysctl.d to keep it.",
    ),
    (
        r"Invalid (maximum|initial) heap size|[Ii]nitial heap size set to a larger|Could not reserve enough space",
        "It can't have this heap: correct elasticsearchHeap, and elasticsearchMemory, at least twice as much.",
    ),
    (
        r"OutOfMemoryError|insufficient memory for the Java|Cannot allocate memory|unable to create native thread",
        _MEMORY,
    ),
    (
        r"unknown (secure )?setting \[|[Ff]ailed to parse (value|setting)|Setting \[.*\] (was|is) (removed|deprecated)",
        "It refuses a setting, which it has from its image: correct elasticsearchImage, or the image.",
    ),
    (
        r"BindHttpException|BindTransportException|Address already in use",
        "Its port in the container is taken, by something that its image starts: correct elasticsearchImage.",
    ),
    (
        r"exec format error",
        "Its image is for another kind of processor: choose another elasticsearchImage.",
    ),
)


def readable(line: str) -> str:
    """Return a line of the log as people can read it: the official image writes JSON; frames of traces are left out."""
    if re.match(r"\s*(at [\w.$/]+|\.\.\. \d+ more)", line):
        return ""
    if line.startswith("{"):
        try:
            told = json.loads(line)
        except ValueError:
            told = {}
        parts = [told.get(key) for key in ("log.level", "message", "error.type", "error.message")]
        line = ": ".join(str(part) for part in parts if part) or line
    return line if len(line) <= WIDTH else f"{line[:WIDTH]}…"


NODE = Program(
    name="The Elasticsearch node",
    advice=_ADVICE,
    by_exit_code={
        KILLED: _MEMORY,
        _BOOTSTRAP_CHECK: "The engine's machine is not fit for it; what its checks ask for, its log says.",
    },
    # A start takes long, and the node would fail again for the same reason.
    crashes=1,
    searched=200,
    readable=readable,
)
