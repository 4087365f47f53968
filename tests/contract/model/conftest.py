"""A Hub on a real socket, and processes that download from it."""

import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from components.model.wanted import model_path
from sandbox.hub.repository import Repository
from sandbox.hub.server import Hub
from tests.contract.model.downloader import Downloader

TOKEN, OTHER_TOKEN = "hf_reader", "hf_other"
SIZE = 3_000_000


@pytest.fixture(scope="session")
def _repositories() -> dict[str, Repository]:
    return {}


@pytest.fixture(scope="session")
def _hub(_repositories: dict[str, Repository]) -> Iterator[Hub]:
    with Hub(_repositories, tokens=frozenset({TOKEN, OTHER_TOKEN})) as hub:
        yield hub


@pytest.fixture
def hub(_hub: Hub) -> Hub:
    """Return the Hub, with no record of earlier requests and no faults left."""
    _hub.asked.clear()
    _hub.faults.clear()
    return _hub


def wait_until(come: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something has come about."""
    deadline = time.monotonic() + seconds
    while not come():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.01)


Start = Callable[..., Downloader]


@pytest.fixture(scope="session")
def start(_hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Return a function that starts a process of its own, with an environment, for this Hub."""
    started: list[Downloader] = []

    def one(**environment: str) -> Downloader:
        home = str(tmp_path_factory.mktemp("hf-home"))
        started.append(Downloader({"HF_ENDPOINT": _hub.endpoint, "HF_HOME": home} | environment))
        return started[-1]

    yield one
    for downloader in started:
        downloader.close()


@pytest.fixture(scope="session")
def downloader(start: Start) -> Downloader:
    """Return a process that has no token."""
    return start()


@pytest.fixture(scope="session")
def offline(start: Start) -> Downloader:
    """Return a process that must not ask the Hub."""
    return start(HF_HUB_OFFLINE="1")


class Model:
    """A repository of this test alone, with one GGUF file that has bytes of its own."""

    file = "model-F16.gguf"

    def __init__(self, name: str, folder: Path, repositories: dict[str, Repository]) -> None:
        self.repository = f"tests/{name}"
        self._folder = folder
        self.directory = folder / "models"
        self._repositories = repositories
        self.publish(b"GGUF" + hashlib.shake_256(name.encode()).digest(SIZE))

    def publish(self, content: bytes, *, beside: bytes = b"", **options: Any) -> None:
        """Have the repository hold this content from now on, as a new commit, and a README of its own."""
        self.content = content
        self.sha256 = hashlib.sha256(content).hexdigest()
        source = self._folder / f"source-{self.sha256[:16]}"
        source.write_bytes(content)
        readme = self._folder / f"readme-{hashlib.sha256(beside).hexdigest()[:16]}"
        readme.write_bytes(beside)
        files = {self.file: source, "README.md": readme}
        self._repositories[self.repository] = Repository.of(files, **options)

    @property
    def commit(self) -> str:
        return self._repositories[self.repository].commit

    @property
    def path(self) -> Path:
        return Path(self.wanted()["path"])

    @property
    def partial(self) -> Path:
        return self.path.with_name(f"{self.file}.{self.sha256[:16]}.partial")

    def wanted(self, **changes: str) -> dict[str, str]:
        """Return what a process is asked for: the file on the branch, unless told otherwise."""
        chosen = {
            "repository": self.repository,
            "revision": "main",
            "file": self.file,
            "sha256": "",
        } | changes
        place = model_path(str(self.directory), chosen["repository"], chosen["revision"], chosen["file"])
        return {"path": place} | chosen

    def put(self, content: bytes) -> None:
        """Put a file at the model's place by hand."""
        self.path.parent.mkdir(parents=True)
        self.path.write_bytes(content)

    def files(self) -> set[str]:
        """Return the names of what lies beside the file, without locks."""
        return {one.name for one in self.path.parent.iterdir() if one.suffix != ".lock"}

    def inputs(self, **changes: object) -> dict[str, Any]:
        """Return the inputs of the resource for the file."""
        wanted: dict[str, Any] = dict(self.wanted())
        expected = {"expected_sha256": wanted.pop("sha256"), "keep_files": True, "directory": "models"}
        return wanted | expected | changes


@pytest.fixture
def model(request: pytest.FixtureRequest, tmp_path: Path, _repositories: dict[str, Repository]) -> Model:
    """Return a model for this test."""
    name = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    return Model(name, tmp_path, _repositories)
