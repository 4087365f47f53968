"""Reads and checks what a request for embeddings asks for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.refusal import wrong
from gateway.rules import ROLES, LaneName, Model, Role, lane_of, prefixed

MOST_TEXTS = 2048
TOKENS_REFUSED = (
    "'input' must be a text or an array of texts: ids of tokens belong to one tokenizer, and those that clients make "
    "are usually another model's. With LangChain's OpenAIEmbeddings set check_embedding_ctx_length=False."
)

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
    _check_model(body, model)
    texts = _texts(body)
    role = _role(body, role)
    if role:
        texts = [prefixed(text, model.prefixes[role]) for text in texts]
    return Wanted(
        texts=texts,
        role=role,
        lane=lane_of(texts, role, model.prefixes["query"]),
        dims=_dims(body, model.width),
        encoding=_encoding(body),
        truncate=_truncate(body),
    )


def read_tokenize(raw: bytes) -> dict[str, Any]:
    """Read what is to be tokenized, and how, as llama-server's /tokenize has it. Raises RefusedError."""
    body = read_object(raw)
    if not isinstance(body.get("content"), str):
        raise wrong("'content' must be a text.", "content")
    for key in ("add_special", "parse_special", "with_pieces"):
        if not isinstance(body.get(key, False), bool):
            raise wrong(f"'{key}' must be true or false.", key)
    return body


def read_object(raw: bytes) -> dict[str, Any]:
    """Read a JSON object whose texts are Unicode. Raises RefusedError."""
    try:
        body = json.loads(raw.decode())
        if b"\\u" in raw:
            json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise wrong(
            "The body has half of a surrogate pair (\\ud800 to \\udfff), which is no Unicode."
        ) from None
    except (ValueError, RecursionError):
        raise wrong("The body is not JSON in UTF-8.") from None
    if not isinstance(body, dict):
        raise wrong("The body must be a JSON object.")
    return body


def _check_model(body: Mapping[str, Any], model: Model) -> None:
    name = body.get("model")
    if name is not None and name not in model.names:
        served = ", ".join(model.names)
        raise wrong(f"There is no such model here; 'model' may be {served}.", "model", "model_not_found")


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
            raise wrong(
                TOKENS_REFUSED if token else f"input[{position}] is not a text.", f"input[{position}]"
            )
        if not text:
            raise wrong(f"input[{position}] is empty.", f"input[{position}]")
    return texts


def _role(body: Mapping[str, Any], of_address: Role | None) -> Role | None:
    role = of_address
    for key in ("task", "input_type"):
        said = body.get(key)
        if said is None:
            continue
        meant = ROLES.get(said) if isinstance(said, str) else None
        if meant is None:
            raise wrong(f"'{key}' is {_shown(said)}, and may be {', '.join(ROLES)}.", key, "unknown_role")
        if role is not None and meant != role:
            raise wrong(
                f"'{key}' asks for the role {meant}, and the request is for the role {role}.",
                key,
                "role_conflict",
            )
        role = meant
    return role


def _dims(body: Mapping[str, Any], width: int) -> int:
    dims = body.get("dimensions")
    if dims is None:
        return width
    # In JSON 2.0 is a whole number too.
    if (
        isinstance(dims, bool)
        or not isinstance(dims, int | float)
        or dims != dims // 1
        or not 1 <= dims <= width
    ):
        raise wrong(f"'dimensions' must be a whole number from 1 to {width}.", "dimensions")
    return int(dims)


def _encoding(body: Mapping[str, Any]) -> Encoding:
    encoding = body.get("encoding_format")
    if encoding not in (None, "float", "base64"):
        raise wrong("'encoding_format' must be float or base64.", "encoding_format")
    return "base64" if encoding == "base64" else "float"


def _truncate(body: Mapping[str, Any]) -> bool:
    truncate = body.get("truncate", False)
    if not isinstance(truncate, bool | None):
        raise wrong("'truncate' must be true or false.", "truncate")
    return bool(truncate)


def _shown(said: object) -> str:
    return json.dumps(said)[:100]
