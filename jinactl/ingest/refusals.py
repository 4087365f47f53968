"""What a refusal of a single document means: the document is to blame, or nothing more can be put in."""

import re
from http import HTTPStatus

from components.elasticsearch.client.responses import told
from components.elasticsearch.documents.resending import Item, kind_of

_TOO_LONG = re.compile(r"has (\d+) tokens, prefix included, (?:and the context is (\d+)|more than)")
_OF_THE_SERVER = re.compile(r"status \[(?:401|403|404)\]")
"""The embedding server refuses the key, or is another server: no document is to blame."""


def is_about_the_stack(item: Item) -> bool:
    """Tell whether any other document would be refused as well."""
    status = int(item.get("status", 0))
    about = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
    return status in about or _OF_THE_SERVER.search(told(item.get("error", {}))) is not None


def why_waited_for(item: Item) -> str:
    """Return what is waited for in the case of a refusal that may pass."""
    match kind_of(item):
        case "closed":
            return "the index is closed to writers, as by a migration before it ends"
        case "replaced":
            return f"what embeds the documents is being replaced ({told(item['error'])})"
        case _:
            return f"HTTP {item.get('status')}: {told(item['error'])}"


def in_words(reason: str) -> str:
    """Return the reason for which a document was refused, in other words where it has too many tokens."""
    found = _TOO_LONG.search(reason)
    if not found:
        return reason
    limit = f"and the server takes {int(found[2]):,}" if found[2] else "more than the server takes"
    return f"too long: {int(found[1]):,} tokens, {limit}; --chunk splits it"
