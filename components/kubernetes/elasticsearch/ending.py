"""What the end of the node's log means in a cluster, where that is not what it means in a container of one machine."""

from __future__ import annotations

from dataclasses import replace

from components.startup.ending import KILLED
from components.startup.node import NODE

_MEMORY = (
    "It needs more memory than it may have: raise elasticsearchMemory, to at least twice elasticsearchHeap."
)

_ADVICE = (
    (
        r"No space left on device|DiskFullException|not enough (disk )?space",
        "Its claim is full: raise kubernetesElasticsearchStorage, if the claim's class lets claims grow "
        "(allowVolumeExpansion), or delete documents.",
    ),
    (
        r"ELASTIC_PASSWORD_FILE",
        "The file with its first password was not copied as the image asks for it: delete the pod, which is made anew.",
    ),
    (
        r"AccessDeniedException|Read-only file system",
        "It may not write to its claims: their class must let the pod's group (fsGroup 1000) write.",
    ),
    (
        r"failed to obtain node lock|Lock held by",
        "Another pod uses the same data: `kubectl describe persistentvolumeclaim elasticsearch-data` names it under "
        "Used By. Only one of them may run.",
    ),
    (
        r"vm\.max_map_count|max virtual memory areas",
        "The cluster's node allows too few memory maps: there, `sudo sysctl -w vm.max_map_count=1048576`.",
    ),
    (
        r"OutOfMemoryError|insufficient memory for the Java|Cannot allocate memory|unable to create native thread",
        _MEMORY,
    ),
)

NODE_IN_CLUSTER = replace(
    NODE,
    # In the order of the others, of which what is wrong with data or settings means the same everywhere.
    advice=tuple({**dict(NODE.advice), **dict(_ADVICE)}.items()),
    by_exit_code={**NODE.by_exit_code, KILLED: _MEMORY},
)
