"""Reads and checks what a request for embeddings asks for."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.refusal import wrong
from gateway.rules import ROLES, LaneName, Model, Role, lane_of, prefixed

MOST_TEXTS = 2048
TOKENS_REFUSED = (
    "'input' must be a text or an array of texts: ids of tokens belong to one tokenizer, and those that clients make "
    "are usually another model's. With LangChain's OpenAIEmbeddings set check_embedding_ctx_length=False."
)

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

Encoding = Literal["float", "base64"]


@dataclass(frozen=True)
class Wanted:
    """What is to be embedded, prefixes included, on which lane, and the form of the answer."""

    texts: Sequence[str]
    role: Role | None
    lane: LaneName
    dims: int
    encoding: Encoding
    truncate: bool


def read_wanted(raw: bytes, model: Model, role: Role | None) -> Wanted:
    """Read a body; `role` is that of the address, if it has one. Raises RefusedError, with status 400."""
    body = read_object(raw)
    name = body.get("model")
    if name is not None and name not in model.names:
        served = ", ".join(model.names)
        raise wrong(f"There is no such model here; 'model' may be {served}.", "model", "model_not_found")
    texts = _texts(body)
    role = _role(body, role)
    if role:
        texts = [prefixed(text, model.prefixes[role]) for text in texts]
    return Wanted(
        texts=texts,
        role=role,
        lane=lane_of(texts, role, model.prefixes["query"]),
        dims=_dims(body, model.width),
        encoding=_checked(body, "encoding_format", ("float", "base64").__contains__, "float or base64")
        or "float",
        truncate=_checked(body, "truncate", _is_flag, "true or false") or False,
    )


def read_tokenize(raw: bytes) -> dict[str, Any]:
    """Read what is to be tokenized, and how, as llama-server's /tokenize has it. Raises RefusedError."""
    body = read_object(raw)
    if not isinstance(body.get("content"), str):
        raise wrong("'content' must be a text.", "content")
    for key in ("add_special", "parse_special", "with_pieces"):
        _checked(body, key, _is_flag, "true or false")
    return body


def read_object(raw: bytes) -> dict[str, Any]:
    """Read a JSON object whose texts are Unicode. Raises RefusedError."""
    try:
        body = json.loads(raw.decode())
        if _SURROGATE.search(raw):
            json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise wrong("The body is not JSON in UTF-8, or has half of a surrogate pair.") from None
    if not isinstance(body, dict):
        raise wrong("The body must be a JSON object.")
    return body


def _checked(body: Mapping[str, Any], key: str, is_right: Callable[[Any], bool], right: str) -> Any:
    """Return a field, or None where it is missing or null."""
    value = body.get(key)
    if value is not None and not is_right(value):
        raise wrong(f"'{key}' must be {right}.", key)
    return value


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _dims(body: Mapping[str, Any], width: int) -> int:
    def is_right(dims: Any) -> bool:
        # In JSON 2.0 is a whole number too.
        number = isinstance(dims, int | float) and not isinstance(dims, bool)
        return number and 1 <= dims <= width and dims == int(dims)

    dims = _checked(body, "dimensions", is_right, f"a whole number from 1 to {width}")
    return width if dims is None else int(dims)


def _texts(body: Mapping[str, Any]) -> list[str]:
    texts = body.get("input")
    if isinstance(texts, str):
        texts = [texts]
    if not isinstance(texts, list) or not texts:
        raise wrong("'input' must be a text or an array of texts, and not empty.", "input")
    if len(texts) > MOST_TEXTS:
        raise wrong(
            f"'input' has {len(texts)} texts, and may have {MOST_TEXTS}: send more requests.", "input"
        )
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            token = isinstance(text, int | list) and not isinstance(text, bool)
            said = TOKENS_REFUSED if token else f"input[{position}] is not a text."
            raise wrong(said, f"input[{position}]")
        if not text:
            raise wrong(f"input[{position}] is empty.", f"input[{position}]")
    return texts


def _role(body: Mapping[str, Any], role: Role | None) -> Role | None:
    """Return the one role that the address, `task` and `input_type` name."""
    for key in ("task", "input_type"):
        said = body.get(key)
        if said is None:
            continue
        meant = ROLES.get(said) if isinstance(said, str) else None
        if meant is None:
            shown = json.dumps(said)[:100]
            raise wrong(f"'{key}' is {shown}, and may be {', '.join(ROLES)}.", key, "unknown_role")
        if role not in (None, meant):
            raise wrong(
                f"'{key}' asks for the role {meant}, and before it {role} is asked for.", key, "role_conflict"
            )
        role = meant
    return role
