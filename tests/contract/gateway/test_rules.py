"""Each rule of role, prefix, cut and length, from the table that tests of other languages read too."""

import base64
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.contract.gateway.conftest import Lanes
from tests.contract.gateway.llama_double import BEGIN, END, VECTOR, vector_of
from tests.contract.gateway.running import CONTEXT, WIDTH

RULES: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "embedding_rules.json").read_text()
)

Case = dict[str, Any]


def shown(case: Case) -> str:
    return json.dumps(case)[:80]


@pytest.mark.parametrize("case", RULES["roles"], ids=shown)
def test_role(lanes: Lanes, case: Case) -> None:
    body = {key: case[key] for key in ("input", "task", "input_type") if key in case}
    answer = lanes.gateway.ask(case["path"], body)
    assert answer.status_code == 200, answer.text
    sent = {"queries": lanes.queries.inputs(), "documents": lanes.documents.inputs()}
    assert sent.pop(case["lane"]) == case["sent"]
    assert not any(sent.values())
    embeddings = [row["embedding"] for row in answer.json()["data"]]
    for found, text in zip(embeddings, case["sent"], strict=True):
        assert found == pytest.approx(vector_of(text, WIDTH), abs=1e-6)


@pytest.mark.parametrize("case", RULES["cuts"], ids=shown)
def test_cut(lanes: Lanes, case: Case) -> None:
    body = {"input": VECTOR + json.dumps(case["vector"])} | (
        {"dimensions": case["dimensions"]} if "dimensions" in case else {}
    )
    numbers = lanes.gateway.ask("/query/v1/embeddings", {**body, "encoding_format": "float"})
    encoded = lanes.gateway.ask("/query/v1/embeddings", {**body, "encoding_format": "base64"})
    raw = base64.b64decode(encoded.json()["data"][0]["embedding"])
    assert numbers.json()["data"][0]["embedding"] == pytest.approx(case["embedding"], abs=1e-6)
    assert struct.unpack(f"<{len(raw) // 4}f", raw) == pytest.approx(case["embedding"], abs=1e-6)
    assert ("trained" in numbers.headers.get("Warning", "")) == case.get("untrained", False)


@pytest.mark.parametrize("case", RULES["lengths"], ids=shown)
def test_length(lanes: Lanes, case: Case) -> None:
    """The prefix is a word of its own, and the model puts a token before and after each text."""
    text = " ".join(["word"] * case["words"])
    answer = lanes.gateway.ask(case["path"], {"input": ["short", text], "truncate": case["truncate"]})
    sent = {"queries": lanes.queries.inputs(), "documents": lanes.documents.inputs()}
    given = sent.pop(case["lane"])
    assert not any(sent.values())
    if case["embedded"] is None:
        error = answer.json()["error"]
        assert (answer.status_code, error["param"], error["code"]) == (400, "input[1]", "input_too_long")
        assert f"{case['tokens']} tokens" in error["message"]
        assert given == []
        return
    of_short = len(["<begin>", "Prefix:", "short", "<end>"])
    assert answer.json()["usage"]["prompt_tokens"] - of_short == case["embedded"]
    if case["tokens"] > CONTEXT:
        assert (given[1][0], given[1][-1], len(given[1])) == (BEGIN, END, CONTEXT)
        assert "input 1" in answer.headers["Warning"]
    else:
        assert given[1].endswith(f": {text}")
        assert "Warning" not in answer.headers


@pytest.mark.parametrize("case", RULES["refused"], ids=shown)
def test_refused(lanes: Lanes, case: Case) -> None:
    answer = lanes.gateway.ask(case.get("path", "/v1/embeddings"), case["body"])
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, case["param"])
    assert case.get("says", "") in error["message"]
    assert error["type"] == "invalid_request_error"
    assert "Retry-After" not in answer.headers
    assert lanes.queries.inputs() == lanes.documents.inputs() == []
