"""What can go wrong with Elasticsearch, each as an error that says what to do."""

from typing import Any

from components.errors import StackError


class ElasticsearchError(StackError):
    """Any problem with Elasticsearch that the person running the stack can act on."""


class UnreachableError(ElasticsearchError):
    """Nothing answers at the address, or the connection broke."""


class TlsError(ElasticsearchError):
    """The address answers, but no trusted TLS connection could be made."""


class CredentialsError(ElasticsearchError):
    """Elasticsearch does not know the credentials (401)."""


class PrivilegeError(ElasticsearchError):
    """Elasticsearch knows the credentials, but they do not allow the request (403)."""


class LicenseError(ElasticsearchError):
    """The license of Elasticsearch has ended, or does not include inference (403)."""


class VersionError(ElasticsearchError):
    """The server that answers is not an Elasticsearch that this project can use."""


class UnavailableError(ElasticsearchError):
    """Elasticsearch answered 429 or 503 until patience ran out."""


class RefusedError(ElasticsearchError):
    """Elasticsearch refused a request: `kind` and `reason` are its error's, `causes` the reasons below it."""

    def __init__(self, message: str, *, status: int, kind: str, reason: str, causes: tuple[str, ...]) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.reason = reason
        self.causes = causes

    def __reduce__(self) -> tuple[Any, ...]:
        state = {"status": self.status, "kind": self.kind, "reason": self.reason, "causes": self.causes}
        return (_rebuilt, (type(self), str(self), state))


class NotFoundError(RefusedError):
    """What was asked for does not exist (404)."""


class UnreadableIdentityError(ElasticsearchError):
    """The description of its embeddings in an index of this project can't be read; `why` says what is wrong with it."""

    def __init__(self, index: str, why: str) -> None:
        super().__init__(
            f"Index {index} was made by this project, and how it was embedded can't be read from the mapping's "
            f"_meta.identity: {why}. Nothing was changed. Use the version of this project that made it, or put back "
            "what was changed by hand."
        )
        self.index = index
        self.why = why

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.index, self.why))


class ConflictError(ElasticsearchError):
    """Something of the wanted name exists that this stack did not make, or something else still uses it."""


class ValidationError(ElasticsearchError):
    """The node could not get the promised embedding from the embedding server."""


class DocumentsAtRiskError(ElasticsearchError):
    """Going on would delete, or make unusable, documents that this stack did not put there."""


class IndexingError(ElasticsearchError):
    """Documents were refused by the pipeline or by the index."""


class ClosedError(IndexingError):
    """The index refuses writes."""


class StillBusyError(IndexingError):
    """Something was too busy each time that documents were sent: sending them later may succeed."""


class FilterError(ElasticsearchError):
    """A filter of a search cannot be read, or names a field that the documents do not have."""


class BackupError(ElasticsearchError):
    """A backup could not be taken, or not be restored."""


class EmbeddingError(ElasticsearchError):
    """The embedding server did not answer with an embedding."""


class EmbeddingRefusedError(EmbeddingError):
    """The embedding server refused a text, and would refuse it again; `status` is the status of its answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class EmbeddingUnavailableError(EmbeddingError):
    """The embedding server is busy (429), restarts (502, 503, 504), or cannot be reached: it may answer later."""


def _rebuilt(kind: type[RefusedError], message: str, state: dict[str, Any]) -> RefusedError:
    return kind(message, **state)
