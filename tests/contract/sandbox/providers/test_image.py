"""`docker.Image` and `docker.RemoteImage` of the stand-in, on the real engine."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sandbox.docker.debian_images import BOOKWORM_SLIM
from sandbox.providers.docker.engine import Engine
from sandbox.providers.docker.image import Image
from sandbox.providers.docker.plugin import resources
from sandbox.providers.docker.remote_image import RemoteImage
from sandbox.providers.resource import ProviderError
from sandbox.providers.values import Properties
from tests.contract.sandbox.providers.conftest import Bench

pytestmark = pytest.mark.sandbox

DOCKERFILE = """\
ARG BASE
FROM ${BASE}
ARG WORD
COPY note /note
RUN echo "compiling $WORD" && echo "$WORD" > /word && test "$WORD" != wrongly
"""


def image_inputs(bench: Bench, context: Path, dockerfile: str = DOCKERFILE, **arguments: str) -> Properties:
    """Return the checked inputs of an image that is built from `dockerfile`."""
    context.mkdir(exist_ok=True)
    (context / "note").write_text("a note")
    (context / "Dockerfile").write_text(dockerfile)
    options = {
        "context": str(context),
        "dockerfile": str(context / "Dockerfile"),
        "builderVersion": "BuilderBuildKit",
        "network": "host",
        "args": {"BASE": BOOKWORM_SLIM, **arguments},
    }
    inputs = {"imageName": f"{bench.name()}:1", "build": options, "skipPush": True}
    checked, failures = Image(bench.engine).check(inputs, bench.operation)
    assert failures == []
    return checked


def test_an_image_is_built_and_known_by_its_id(bench: Bench, tmp_path: Path) -> None:
    inputs = image_inputs(bench, tmp_path / "context", WORD="quickly")
    try:
        created = Image(bench.engine).create(inputs, bench.operation)
        image = bench.api.inspect_image(inputs["imageName"])
        assert created.id == inputs["imageName"]
        assert created.computed["repoDigest"] == image["Id"]
        assert created.computed["baseImageName"] == inputs["imageName"]
        changed = image_inputs(bench, tmp_path / "context", WORD="slowly")
        again = Image(bench.engine).update(created.id, inputs, changed, created.computed, bench.operation)
        assert again["repoDigest"] != image["Id"]
        Image(bench.engine).delete(created.id, inputs, created.computed, bench.operation)
        assert bench.api.inspect_image(inputs["imageName"])["Id"] == image["Id"]
    finally:
        for name in bench.names:
            bench.api.remove_image(f"{name}:1", force=True)


def test_of_a_failed_build_only_the_exit_code_is_told(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="exit code: 1") as failure:
        Image(bench.engine).create(image_inputs(bench, tmp_path / "context", WORD="wrongly"), bench.operation)
    assert "compiling" not in f"{failure.value} {bench.texts}"


def test_what_the_stand_in_cannot_do_for_an_image_is_refused(bench: Bench) -> None:
    inputs = {"imageName": "i", "buildOnPreview": True, "build": {"builderVersion": "BuilderV1"}}
    _, failures = Image(bench.engine).check(inputs, bench.operation)
    assert [failure.path for failure in failures] == ["skipPush", "buildOnPreview", "build.builderVersion"]


def test_an_image_that_is_there_is_not_pulled(bench: Bench) -> None:
    created = RemoteImage(bench.engine).create({"name": BOOKWORM_SLIM, "keepLocally": True}, bench.operation)
    image = bench.api.inspect_image(BOOKWORM_SLIM)["Id"]
    assert (created.id, created.computed["imageId"]) == (f"{image}{BOOKWORM_SLIM}", image)
    assert bench.texts == []


def test_an_image_that_cannot_be_pulled_is_named(bench: Bench) -> None:
    with pytest.raises(ProviderError, match="error pulling image localhost:1/nothing:2: "):
        RemoteImage(bench.engine).create({"name": "localhost:1/nothing:2"}, bench.operation)
    assert bench.texts[0] == "pulling localhost:1/nothing:2"


@contextmanager
def registry() -> Iterator[tuple[str, set[str]]]:
    """Run a registry that has no image and asks for a login; yield its address, and the logins that it got."""
    seen: set[str] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            login = self.headers.get("Authorization", "")
            if login:
                seen.add(base64.b64decode(login.removeprefix("Basic ")).decode())
            self.send_response(404 if login else 401)
            self.send_header("WWW-Authenticate", 'Basic realm="images"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815 (the base class's name)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            """Keep the requests out of the tests' output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()


def test_an_image_is_pulled_with_the_login_that_registry_auth_has_for_its_registry(bench: Bench) -> None:
    with registry() as (address, seen):
        logins = [
            {"address": "elsewhere.example", "username": "other", "password": "word"},
            {"address": f"https://{address}", "username": "me", "password": "secret-word"},
        ]
        kinds = resources({"host": bench.engine.host, "registryAuth": json.dumps(logins)})
        (remote,) = [kind for kind in kinds if isinstance(kind, RemoteImage)]
        with pytest.raises(ProviderError, match="error pulling image"):
            remote.create({"name": f"{address}/private:1"}, bench.operation)
        assert seen == {"me:secret-word"}
        with pytest.raises(ProviderError, match="error pulling image"):
            RemoteImage(Engine(bench.engine.host)).create({"name": f"{address}/private:1"}, bench.operation)
        assert seen == {"me:secret-word"}


@pytest.mark.parametrize("kept", [True, False])
def test_only_an_image_that_is_not_kept_locally_goes_with_its_resource(bench: Bench, kept: bool) -> None:
    name = f"{bench.name()}:1"
    bench.api.tag(BOOKWORM_SLIM, *name.split(":"))
    remote, inputs = RemoteImage(bench.engine), {"name": name, "keepLocally": kept}
    created = remote.create(inputs, bench.operation)
    remote.delete(created.id, inputs, created.computed, bench.operation)
    try:
        assert (remote.read(created.id, inputs, bench.operation) is not None) is kept
    finally:
        if kept:
            bench.api.remove_image(name)
