"""Runs one `_reindex` as a task, watches it, and reads its failures.

Elasticsearch answers HTTP 200 to a task that failed, with the failures in the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from components.backoff import Backoff, Patience
from components.elasticsearch.client.client import Requests
from components.elasticsearch.client.responses import may_pass, told
from components.elasticsearch.errors import NotFoundError

UNTIL_IT_ENDS = Patience(first_pause=0.01, longest_pause=1.0)
RESTARTED = "Elasticsearch was restarted in the middle of it"
LASTING = ("too large", "too long", "exceed", "context length", "context size")
"""What llama.cpp says, with HTTP 500 too, to a text that it will never embed."""


def passes(status: int, reason: str) -> bool:
    """Tell whether a refused document may be accepted later: a 500, too, is what Elasticsearch answers when busy."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        # Whatever the words are: a full disk has "exceeded" its watermark.
        return True
    lasting = any(one in reason.lower() for one in LASTING)
    return not lasting and (status == HTTPStatus.INTERNAL_SERVER_ERROR or may_pass(status, reason))


@dataclass(frozen=True)
class Outcome:
    """What a task did: `carried` documents written, `stale` ones refused as older than what is there.

    `failure` is empty, or says what went wrong; `document` is the document that failed, if any. The failure `lasts`
    when trying again is of no use.
    """

    carried: int = 0
    stale: int = 0
    failure: str = ""
    document: str = ""
    lasts: bool = False


def run_reindex(client: Requests, body: Mapping[str, Any]) -> Outcome:
    """Run a `_reindex` and wait for its end."""
    started = client.request("POST", "/_reindex", body, query={"wait_for_completion": "false"})
    return wait_for_task(client, str(started["task"]), str(body["dest"]["index"]))


def wait_for_task(client: Requests, task: str, destination: str) -> Outcome:
    """Wait until a task that writes into `destination` has ended, and return its outcome."""
    backoff = Backoff(UNTIL_IT_ENDS)
    while True:
        try:
            answer = client.request("GET", f"/_tasks/{task}")
        except NotFoundError:
            return Outcome(failure=RESTARTED)
        if not _writes_into(answer["task"], destination):
            # Task numbers start over when a node starts: this is another task.
            return Outcome(failure=RESTARTED)
        if answer.get("completed"):
            return read_outcome(answer)
        backoff.again()


def read_outcome(answer: Mapping[str, Any]) -> Outcome:
    """Return the outcome of a task from the answer to `GET /_tasks/{id}`."""
    if answer.get("error"):
        said = told(answer["error"])
        return Outcome(failure=said, lasts="script" in str(answer["error"].get("type", "")))
    response: Mapping[str, Any] = answer.get("response") or {}
    carried = int(response.get("created", 0)) + int(response.get("updated", 0))
    stale = int(response.get("version_conflicts", 0))
    failures = response.get("failures") or []
    if failures:
        # One that lasts tells more than those that came of a busy server.
        first = next((one for one in failures if _lasts(one)), failures[0])
        said, lasts = told(first.get("cause") or first.get("reason") or {}), _lasts(first)
        return Outcome(carried, stale, said, str(first.get("id", "")), lasts)
    if response.get("canceled"):
        return Outcome(carried, stale, f"it was cancelled ({response['canceled']})")
    if response.get("timed_out"):
        return Outcome(carried, stale, "Elasticsearch ran out of time")
    return Outcome(carried, stale)


def wait_for_others(client: Requests, destination: str) -> None:
    """Cancel tasks that an earlier run, or a request without an answer, left writing; wait for their end."""
    backoff = Backoff(UNTIL_IT_ENDS)
    while running := _running(client, destination):
        for task in running:
            try:
                client.request("POST", f"/_tasks/{task}/_cancel")
            except NotFoundError:
                continue
        backoff.again()


def _running(client: Requests, destination: str) -> list[str]:
    answer = client.request("GET", "/_tasks", query={"actions": "*/reindex", "detailed": "true"})
    return [
        name
        for node in answer.get("nodes", {}).values()
        for name, task in node.get("tasks", {}).items()
        if _writes_into(task, destination)
    ]


def _writes_into(task: Mapping[str, Any], destination: str) -> bool:
    # "reindex from [a] to [b]", with more between the two where there is a script
    return str(task.get("description", "")).endswith(f"to [{destination}]")


def _lasts(failure: Mapping[str, Any]) -> bool:
    status = int(failure.get("status", HTTPStatus.INTERNAL_SERVER_ERROR))
    return not passes(status, told(failure.get("cause") or failure.get("reason") or {}))
