"""A stack whose outputs tell everything."""

from collections.abc import Iterable
from typing import Any, TypeVar

from jinactl.doctor.declared import Declared, read_declared
from jinactl.doctor.finding import CannotLookError, Check
from jinactl.outputs import facts_of
from tests.unit.jinactl.stack_outputs import OUTPUTS

OWNER, IMAGE, ENGINE = "cpu-0a1b2c", "sha256:" + "1" * 64, "0a1b"
GENERATION = "jina-demo-256-f16-59cfacee-1"
SERVERS = {"serverContainer": "cpu-llama-server-1", "queryServerContainer": "cpu-llama-server-queries-2"}

COMPLETE: dict[str, object] = {
    **OUTPUTS,
    **SERVERS,
    "stackId": OWNER,
    "dockerEngine": ENGINE,
    "serverUrl": "http://127.0.0.1:8080",
    "imageDigest": IMAGE,
    "elasticsearchVolume": "volume",
    "elasticsearchEmbeddingsUrl": "http://llama-server:8080/v1/embeddings",
    "elasticsearchQueryEmbeddingsUrl": "http://llama-server-queries:8080/query/v1/embeddings",
    "indexGeneration": GENERATION,
}

Read = TypeVar("Read")


def declared(*without: str, **changes: object) -> Declared:
    """Return what a stack declares whose outputs have these changes, and lack some."""
    outputs: dict[str, Any] = {**COMPLETE, **changes}
    left = {name: value for name, value in outputs.items() if name not in without}
    return read_declared(left, facts_of(left, "a test"))


def found(checks: Iterable[Check[Read]], reading: Read) -> dict[str, str]:
    """Return what the checks say, by name; of one that cannot look, why, after "not looked:"."""
    told: dict[str, str] = {}
    for one in checks:
        try:
            said = "; ".join(f"{finding.what} -> {finding.remedy}" for finding in one.look(reading))
        except CannotLookError as error:
            said = f"not looked: {error}"
        if said:
            told[one.name] = said
    return told
