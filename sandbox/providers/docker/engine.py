"""The connection to the docker engine."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sandbox.providers.docker.sdk import load
from sandbox.providers.resource import Operation, ProviderError, Resource

REQUEST_SECONDS = 600
DELAY_SECONDS = 2
"""How long the official provider waits before it first looks at a network, and before it removes one or a volume."""
REMOVAL_SECONDS = 30
"""How long it goes on trying to remove what is still in use."""
DEFAULT_HOST = "unix:///var/run/docker.sock"
USERS_HOSTS = ("unix://{home}/.docker/run/docker.sock", "unix://{home}/.docker/desktop/docker.sock")
"""Where Docker Desktop listens for one user; tried where no address is set and the usual socket does not answer."""


class Engine:
    """A docker engine; `host` is its address, DOCKER_HOST or the usual sockets when none is given.

    The contexts of the `docker` command count for nothing here. `registries` are the entries of the provider setting
    registryAuth.
    """

    def __init__(self, host: str | None, registries: Sequence[Mapping[str, str]] = ()) -> None:
        self.registries = registries
        chosen = host or os.environ.get("DOCKER_HOST")
        self.host = chosen or DEFAULT_HOST
        self._others = () if chosen else USERS_HOSTS
        self._api: Any = None
        self._lock = threading.Lock()

    @property
    def api(self) -> Any:
        """The engine's API as docker-py's APIClient. Raises ProviderError when no engine answers."""
        with self._lock:
            if self._api is None:
                self._api = self._connect()
            return self._api

    def ping(self) -> None:
        """Find the engine that answers, as the official provider does first of all; one by ssh is not asked.

        Raises ProviderError with the official provider's message.
        """
        if self.host.startswith("ssh://"):
            return
        for host in (self.host, *(one.format(home=Path.home()) for one in self._others)):
            self.host = host
            with suppress(ProviderError):
                _ = self.api  # connecting asks the engine for its version
                return
        raise ProviderError(
            "docker native provider returned an unexpected error from Configure: "
            "failed to connect to any docker daemon"
        )

    def _connect(self) -> Any:
        load()
        from docker.api.client import APIClient  # noqa: PLC0415 (slow: see sdk)
        from docker.errors import DockerException  # noqa: PLC0415
        from docker.tls import TLSConfig  # noqa: PLC0415

        tls: TLSConfig | bool = False
        folder = os.environ.get("DOCKER_CERT_PATH")
        if folder and os.environ.get("DOCKER_TLS_VERIFY"):
            pair = (f"{folder}/cert.pem", f"{folder}/key.pem")
            tls = TLSConfig(client_cert=pair, ca_cert=f"{folder}/ca.pem", verify=True)
        try:
            return APIClient(self.host, version="auto", timeout=REQUEST_SECONDS, tls=tls)
        except DockerException as error:
            raise ProviderError(
                f"no docker engine answers at {self.host}: {error}. Start it, or set DOCKER_HOST to where it is."
            ) from error


class EngineResource(Resource):
    """A resource type that lives in a docker engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine


@contextmanager
def engine_errors(doing: str, *, gone_is_fine: bool = False) -> Iterator[None]:
    """Turn the engine's refusals into ProviderError, `doing` saying what was tried ("Unable to create network").

    With `gone_is_fine`, an answer that the thing does not exist ends the block without an error.
    """
    load()
    from docker.errors import APIError, NotFound  # noqa: PLC0415
    from requests.exceptions import RequestException  # noqa: PLC0415

    try:
        yield
    except NotFound as error:
        if not gone_is_fine:
            raise ProviderError(f"{doing}: {error.explanation}") from error
    except APIError as error:
        raise ProviderError(f"{doing}: {error.explanation or error}") from error
    except RequestException as error:
        raise ProviderError(f"{doing}: the docker engine does not answer: {error}") from error


def remove_when_unused(remove: Callable[[], object], doing: str, in_use: str, operation: Operation) -> None:
    """Call `remove` until the engine no longer says `in_use`; no error when the thing is gone already.

    Raises ProviderError, which begins with `doing`, after 30 s, and when the operation is cancelled.
    """
    time.sleep(DELAY_SECONDS)
    until = time.monotonic() + REMOVAL_SECONDS
    while True:
        try:
            with engine_errors(doing, gone_is_fine=True):
                remove()
        except ProviderError as error:
            waits = in_use in str(error) and time.monotonic() < until
            if not waits or operation.cancelled.wait(1):
                raise
        else:
            return


def labels_to_map(labels: list[dict[str, str]] | None) -> dict[str, str]:
    """Return the SDK's list of label objects as the engine's mapping."""
    return {label["label"]: label["value"] for label in labels or []}


def labels_from_map(labels: dict[str, str] | None) -> list[dict[str, str]]:
    """Return the engine's mapping of labels as the SDK's list of objects, sorted."""
    return [{"label": name, "value": value} for name, value in sorted((labels or {}).items())]
