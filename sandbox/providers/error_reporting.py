"""Turns the errors of resource types into those of Pulumi's provider protocol."""

import logging
from collections.abc import Callable
from typing import Any, NoReturn

import grpc

from sandbox.providers.protos import provider_pb2, status_pb2
from sandbox.providers.resource import Created, PartialFailureError, ProviderError
from sandbox.providers.values import Properties, encode


class errors_reported:  # noqa: N801 (reads as a statement: with errors_reported(...))
    """Turns what a resource raises into the protocol's error; as in the official providers, no secret is masked."""

    def __init__(self, context: Any, outputs: Callable[[Created], Properties] | None = None) -> None:
        self._context = context
        self._outputs = outputs

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            self._abort(error)

    def _abort(self, error: Exception) -> NoReturn:
        message = str(error) if isinstance(error, ProviderError) else f"{type(error).__name__}: {error}"
        if isinstance(error, PartialFailureError) and self._outputs is not None:
            self._detail(message, error.created.id, self._outputs(error.created))
        if not isinstance(error, ProviderError):
            logging.getLogger(__name__).error("%s", message)
        self._context.abort(grpc.StatusCode.UNKNOWN, message)
        raise AssertionError

    def _detail(self, message: str, identifier: str, outputs: Properties) -> None:
        """Attach the details that make the engine keep the resource in the state, as one that failed to initialise."""
        detail = provider_pb2.ErrorResourceInitFailed(
            id=identifier, properties=encode(outputs), reasons=[message]
        )
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
        status.details.add().Pack(detail)
        self._context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
