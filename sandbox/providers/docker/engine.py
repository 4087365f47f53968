"""The connection to the docker engine, made when it is first needed: a preview needs none."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sandbox.providers.docker.sdk import load
from sandbox.providers.resource import ProviderError, Resource

REQUEST_SECONDS = 600
DEFAULT_HOST = "unix:///var/run/docker.sock"


class Engine:
    """A docker engine; `host` is its address, DOCKER_HOST or the usual socket when none is given.

    `registries` are the entries of the provider setting registryAuth.
    """

    def __init__(self, host: str | None, registries: Sequence[Mapping[str, str]] = ()) -> None:
        self.registries = registries
        self.host = host or os.environ.get("DOCKER_HOST") or DEFAULT_HOST
        self._api: Any = None
        self._lock = threading.Lock()

    @property
    def api(self) -> Any:
        """The engine's API as docker-py's APIClient. Raises ProviderError when no engine answers."""
        with self._lock:
            if self._api is None:
                self._api = self._connect()
            return self._api

    def _connect(self) -> Any:
        load()
        from docker.api.client import APIClient  # noqa: PLC0415 (a fifth of a second, which a preview does not need)
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


def labels_to_map(labels: list[dict[str, str]] | None) -> dict[str, str]:
    """Return the SDK's list of label objects as the engine's mapping."""
    return {label["label"]: label["value"] for label in labels or []}


def labels_from_map(labels: dict[str, str] | None) -> list[dict[str, str]]:
    """Return the engine's mapping of labels as the SDK's list of objects, sorted."""
    return [{"label": name, "value": value} for name, value in sorted((labels or {}).items())]


def set_inputs(found: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return those of the values `found` in the engine that the stack has set and that are not what it set."""
    from sandbox.providers.diff import changes  # noqa: PLC0415

    known = {name: value for name, value in found.items() if name in inputs}
    wanted = {name: inputs[name] for name in known}
    different = {path.partition(".")[0].partition("[")[0] for path in changes(wanted, known, unordered=known)}
    return {name: known[name] for name in different}
