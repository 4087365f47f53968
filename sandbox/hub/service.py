"""The Hub that a stack of the sandbox downloads from: the real one where it answers, else the stand-in."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from filelock import FileLock
from huggingface_hub import constants

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.hub.handlers import HEALTH
from sandbox.hub.repository import hub_folder
from sandbox.machine.ports import LOOPBACK, free_port
from sandbox.part import Part

PORT = 8931
REPOSITORY = "jinaai/jina-embeddings-v5-text-nano-retrieval-GGUF"
"""The repository by which the real Hub is known: the default of modelRepository."""

REAL_WITHIN, STAND_IN_WITHIN, STARTED_WITHIN, STOPPED_WITHIN = 3.0, 2.0, 15.0, 10.0


@dataclass(frozen=True)
class HubService:
    """A Hub that answers: `endpoint` is its address, for HF_ENDPOINT."""

    part: Part
    endpoint: str


def ensure_hub(cache: Path, say: Say, models: Path | None = None, port: int = PORT) -> HubService:
    """Return the real Hub if it answers within 3 s, else the stand-in, which is started if it does not run.

    The stand-in serves the files OWNER/NAME/FILE of `models`, also those that appear later, on `port` or the next free
    one. It outlives this process, until `stop_hub`. Raises SandboxError when it can't be started.
    """
    if _real_hub_answers():
        return HubService(
            Part("model hub", True, f"Hugging Face Hub at {constants.ENDPOINT}"), constants.ENDPOINT
        )
    folder = (models or hub_folder(cache)).resolve()
    with FileLock(_record_path(cache, lock=True)):
        endpoint = _running(cache, _version(folder)) or _started(cache, say, folder, port)
    return HubService(Part("model hub", False, f"stand-in at {endpoint}"), endpoint)


def stop_hub(cache: Path) -> None:
    """End the stand-in that was started from this cache, if one runs."""
    record = _read_record(cache)
    if record and (health := _health(record["endpoint"])) and health.get("process") == record["process"]:
        os.kill(int(record["process"]), signal.SIGTERM)
        deadline = time.monotonic() + STOPPED_WITHIN
        while _health(record["endpoint"]) is not None:
            if time.monotonic() > deadline:
                raise SandboxError(
                    f"The stand-in of the Hub (process {record['process']}) does not end. End it by hand."
                )
            time.sleep(0.05)
    _record_path(cache).unlink(missing_ok=True)


def _real_hub_answers() -> bool:
    try:
        answer = httpx2.get(
            f"{constants.ENDPOINT}/api/models/{REPOSITORY}", timeout=REAL_WITHIN, follow_redirects=True
        )
        return answer.is_success and answer.json().get("id") == REPOSITORY
    except (httpx2.HTTPError, ValueError, AttributeError):
        return False


def _started(cache: Path, say: Say, folder: Path, port: int) -> str:
    stop_hub(cache)  # one of another version
    folder.mkdir(parents=True, exist_ok=True)
    chosen = free_port(port)
    endpoint = f"http://{LOOPBACK}:{chosen}"
    say(f"starting the stand-in of the Hugging Face Hub at {endpoint} (1 s)")
    command = [sys.executable, "-m", "sandbox.hub", "--root", str(folder), "--port", str(chosen)]
    log = cache / "hub.log"
    with log.open("a") as output:
        process = subprocess.Popen(
            [*command, "--version", _version(folder)],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + STARTED_WITHIN
    while (health := _health(endpoint)) is None or health.get("process") != process.pid:
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise SandboxError(
                f"The stand-in of the Hub did not start at {endpoint}. Its output is in {log}."
            )
        time.sleep(0.05)
    _record_path(cache).write_text(json.dumps({"process": process.pid, "endpoint": endpoint}))
    return endpoint


def _running(cache: Path, version: str) -> str | None:
    record = _read_record(cache)
    health = _health(record["endpoint"]) if record else None
    return str(record["endpoint"]) if record and health and health.get("version") == version else None


def _health(endpoint: str) -> dict[str, Any] | None:
    try:
        answer = httpx2.get(f"{endpoint}{HEALTH}", timeout=STAND_IN_WITHIN, trust_env=False)
        health: dict[str, Any] = answer.json()
    except (httpx2.HTTPError, ValueError):
        return None
    return health


def _version(folder: Path) -> str:
    """Return a digest of the stand-in's code and folder: one that runs with another digest has to be restarted."""
    digest = hashlib.sha256(str(folder).encode())
    for module in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(module.read_bytes())
    return digest.hexdigest()[:16]


def _read_record(cache: Path) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(_record_path(cache).read_text())
    except (OSError, ValueError):
        return None
    return record


def _record_path(cache: Path, *, lock: bool = False) -> Path:
    cache.mkdir(parents=True, exist_ok=True)
    return cache / ("hub.json.lock" if lock else "hub.json")
