"""Answers other than embeddings, in the form of OpenAI's API."""

import json
from http import HTTPStatus

KINDS = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}


class RefusedError(Exception):
    """A request that is not carried out: what the client is told, and in `code` and `param` what programs read.

    With `retry_after`, in seconds, the fault passes; without, the same request would be refused again.
    """

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str = "", retry_after: int = 0
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code or HTTPStatus(status).name.lower()
        self.headers = {"Retry-After": str(retry_after)} if retry_after else {}
        kind = KINDS.get(status) or ("server_error" if status >= 500 else "invalid_request_error")
        error = {"message": message, "type": kind, "param": param, "code": self.code}
        self.body = json.dumps({"error": error}).encode()


def wrong(message: str, param: str | None = None, code: str = "") -> RefusedError:
    """Refuse what would be refused again."""
    return RefusedError(400, message, param=param, code=code)


def full(message: str) -> RefusedError:
    """Refuse for now, because others come first."""
    return RefusedError(429, message, code="queue_full", retry_after=1)


def unavailable(message: str) -> RefusedError:
    """Refuse for now, because a part does not answer.

    Not by 503: Elasticsearch answers 400 to that, and whoever writes documents to it takes them for refused for good.
    """
    return RefusedError(429, message, code="unavailable", retry_after=1)
