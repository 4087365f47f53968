"""Runs an ingest script by itself, by the Painless of a running node, and returns what it made of a document."""

from collections.abc import Sequence
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from sandbox.errors import SandboxError

AS_ARRAYS = """
for (def field : params.fields) {
  def numbers = ctx[field];
  double[] array = new double[numbers.length];
  for (int i = 0; i < numbers.length; i++) { array[i] = numbers[i]; }
  ctx[field] = array;
}
"""
"""Makes of lists of numbers what the inference processor leaves: a double[], which has no methods of a List."""


def run_ingest_script(
    client: Elasticsearch,
    source: str,
    params: dict[str, Any],
    ctx: dict[str, Any],
    arrays: Sequence[str] = (),
) -> dict[str, Any]:
    """Compile and run the ingest script `source` on the document `ctx` and return the document it leaves.

    JSON has lists only; the fields of `ctx` named in `arrays` are handed to the script as double[], as after an
    inference processor. The stand-in node compiles with the real Painless 7.10.2, the official image with its own.

    Raises SandboxError with the compiler's or the script's own words when the script does not compile or fails.
    """
    script: dict[str, Any] = {"script": {"lang": "painless", "source": source, "params": params}}
    processors = [script]
    if arrays:
        convert = {"lang": "painless", "source": AS_ARRAYS, "params": {"fields": list(arrays)}}
        processors.insert(0, {"script": convert})
    try:
        answer = client.ingest.simulate(pipeline={"processors": processors}, docs=[{"_source": ctx}])
    except ApiError as error:
        raise SandboxError(
            f"The script does not compile. {_told(error.body.get('error', error.body))}"
        ) from error
    document = answer["docs"][0]
    if "error" in document:
        raise SandboxError(f"The script failed on the document. {_told(document['error'])}")
    result: dict[str, Any] = document["doc"]["_source"]
    return result


def _told(error: Any) -> str:
    """Return the reasons of an error and of its causes, with the place in the script."""
    parts = []
    while isinstance(error, dict):
        parts.append(f"{error.get('type')}: {error.get('reason')}")
        parts += error.get("script_stack", [])
        error = error.get("caused_by")
    return "\n".join(parts)
