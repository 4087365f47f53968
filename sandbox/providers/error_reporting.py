"""Turns the errors of resource types into those of Pulumi's provider protocol."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc

from sandbox.providers.protos import provider_pb2, status_pb2
from sandbox.providers.resource import Created, PartialFailureError, ProviderError
from sandbox.providers.values import Properties, encode


@contextmanager
def errors_reported(context: Any, outputs: Callable[[Created], Properties] | None = None) -> Iterator[None]:
    """Turn what a resource raises into the protocol's error; as in the official providers, no secret is masked."""
    try:
        yield
    except ProviderError as error:
        if isinstance(error, PartialFailureError) and outputs is not None:
            _attach(context, str(error), error.created.id, outputs(error.created))
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
    except Exception as error:
        logging.getLogger(__name__).exception("a resource type failed")
        context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")


def _attach(context: Any, message: str, identifier: str, outputs: Properties) -> None:
    """Attach the details that make the engine keep the resource in the state, as one that failed to initialise."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=identifier, properties=encode(outputs), reasons=[message]
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
