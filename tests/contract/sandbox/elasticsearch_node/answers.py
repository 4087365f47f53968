"""Reads what a node answered."""

from typing import Any

import requests


def error_of(answer: requests.Response) -> dict[str, Any]:
    """Return the error object of an answer whose status is told twice, and must be the same in both places."""
    error: dict[str, Any] = answer.json()["error"]
    assert answer.json()["status"] == answer.status_code
    return error
