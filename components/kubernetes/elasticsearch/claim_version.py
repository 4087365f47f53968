"""The version of Elasticsearch that has written to a claim, which is noted on the claim itself.

So it is known while no node runs, and also to a stack that finds the claim that another one left.
"""

from __future__ import annotations

import json
import re

from components.kubernetes.kubectl import Target, run

ANNOTATION = "jina-search/elasticsearch-version"
LIBRARIES = "/usr/share/elasticsearch/lib"
"""Folder of the image with the server's own library, which has the version in its name."""


def noted_version(claim: str, target: Target) -> str:
    """Return the version that is noted on the claim; empty where there is no claim, or no note. Raises KubectlError."""
    told = run(["get", "persistentvolumeclaim", claim, "--ignore-not-found", "--output", "json"], target)
    annotations = json.loads(told)["metadata"].get("annotations", {}) if told.strip() else {}
    return str(annotations.get(ANNOTATION, ""))


def note_version(claim: str, version: str, target: Target) -> None:
    """Note the version on the claim. Raises KubectlError."""
    note = f"{ANNOTATION}={version}"
    run(["annotate", "persistentvolumeclaim", claim, note, "--overwrite"], target)


def running_version(pod: str, container: str, target: Target) -> str:
    """Return the version in a running container; empty where its image does not show it. Raises KubectlError."""
    listed = run(["exec", pod, f"--container={container}", "--", "ls", LIBRARIES], target)
    found = re.search(r"^elasticsearch-(\d+\.\d+\.\d+)\S*\.jar$", listed, re.MULTILINE)
    return found[1] if found else ""
