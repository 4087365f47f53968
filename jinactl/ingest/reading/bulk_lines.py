"""Files for Elasticsearch's `_bulk`: a line that says `index` or `create`, and a line with the document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BufferedReader
from typing import Any

from jinactl.ingest.entries import Entry, Origin, Reject, RejectedError
from jinactl.ingest.reading import strict_json
from jinactl.ingest.reading.documents import ID, Shape, entry_of
from jinactl.ingest.reading.lines import TOO_LONG, Line, lines_of

WITH_SOURCE = ("index", "create", "update")
ACTIONS = (*WITH_SOURCE, "delete")
ROUTING = ("routing", "_routing")
KNOWN = (ID, "_index", "_type", *ROUTING)
"""What an action may say. The name of the index does not count: documents go into the stack's."""


@dataclass(frozen=True)
class Action:
    """What is to be done with the next line."""

    name: str
    said: Mapping[str, Any]


def action_of(raw: bytes) -> Action | None:
    """Return the action that a line is; None when it is none."""
    try:
        found = strict_json.parse(raw)
    except RejectedError:
        return None
    if not isinstance(found, dict) or len(found) != 1:
        return None
    ((name, said),) = found.items()
    return Action(name, said) if name in ACTIONS and isinstance(said, dict) else None


def read(stream: BufferedReader, source: str, shape: Shape) -> Iterator[Entry | Reject]:
    """Yield the document of each pair of lines, or why it is none."""
    lines = (line for line in lines_of(stream) if line.raw.strip())
    for line in lines:
        action = action_of(line.raw)
        origin = Origin(source, line.number, line.text)
        if action is None:
            yield Reject(origin, 'no action such as {"index": {"_id": "1"}}')
            continue
        following = next(lines, None) if action.name in WITH_SOURCE else None
        if following is not None:
            origin = Origin(source, line.number, f"{line.text}\n{following.text}")
        try:
            yield _entry(action, following, origin, shape)
        except RejectedError as error:
            yield Reject(origin, str(error))


def _entry(action: Action, line: Line | None, origin: Origin, shape: Shape) -> Entry:
    if action.name not in ("index", "create"):
        raise RejectedError(f"the action `{action.name}` puts no document in: only index and create do")
    unknown = [key for key in action.said if key not in KNOWN]
    if unknown:
        raise RejectedError(f"`{unknown[0]}` in the action can't be carried out here: leave it out")
    if line is None:
        raise RejectedError("the file ends after this action, without its document")
    if not line.whole:
        raise RejectedError(TOO_LONG)
    id_ = action.said.get(ID)
    if id_ is not None and not isinstance(id_, str):
        id_ = str(id_)  # as Elasticsearch reads it
    routing = next((str(action.said[key]) for key in ROUTING if action.said.get(key) is not None), None)
    entry = entry_of(strict_json.parse(line.raw), origin, shape, id_)
    return replace(entry, routing=routing, create=action.name == "create")
