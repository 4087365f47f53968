"""`jinactl open`: how the page is announced, and which index it searches."""

import json
import socket
import threading
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.elasticsearch.fields import VECTOR
from jinactl.app import run
from jinactl.commands import open as command
from jinactl.outputs import facts_of
from jinactl.page.searching import IndexSearch
from jinactl.page.server import PageServer
from jinactl.page.wanted import WantedError
from tests.unit.elasticsearch.recording import RecordedCluster
from tests.unit.jinactl.conftest import Opened
from tests.unit.jinactl.stack_outputs import OUTPUTS

MAPPING = {"mappings": {"properties": {VECTOR: {"dims": 256}, "content": {"type": "text"}}}}
TWO = {**OUTPUTS, "indices": ["jina-demo", "tickets"]}


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a file with the outputs of a stack; its page ends as soon as it serves."""

    def interrupted(_server: PageServer) -> None:
        raise KeyboardInterrupt

    cluster = Opened({"GET /jina-demo/_mapping": {"jina-demo-1": MAPPING}})
    monkeypatch.setattr(command, "Client", lambda *_: cluster)
    monkeypatch.setattr(PageServer, "serve_forever", interrupted)
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps(TWO))
    return str(path)


def open_page(outputs: str, *options: str) -> int:
    return run(["open", "--outputs", outputs, *options])


def test_without_a_browser_the_address_is_the_result(
    outputs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert open_page(outputs, "--no-browser") == 0
    told = capsys.readouterr()
    assert told.out.startswith("http://127.0.0.1:")
    assert told.out.count("\n") == 1
    assert "Traceback" not in told.err
    assert open_page(outputs, "--no-browser", "--json") == 0
    assert "?token=" in json.loads(capsys.readouterr().out)["url"]


@pytest.mark.parametrize("opens", [True, False], ids=["a browser", "no browser"])
def test_the_address_with_a_token_is_printed_only_where_no_browser_opens(
    outputs: str, opens: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    urls: list[str] = []

    def browse(url: str) -> bool:
        urls.append(url)
        return opens

    monkeypatch.setattr(webbrowser, "open", browse)
    monkeypatch.setattr(threading, "Thread", AtOnce)
    assert open_page(outputs) == 0
    told = capsys.readouterr()
    assert (told.out, len(urls)) == ("", 1)
    assert ("?token=" in told.err) == (not opens)
    assert urls[0] not in told.err


class AtOnce:
    """A thread that is done when it has been started."""

    def __init__(self, target: Any, args: tuple[object, ...], **_: object) -> None:
        self._target, self._args = target, args

    def start(self) -> None:
        self._target(*self._args)


def test_a_port_that_is_taken_is_told(outputs: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert open_page(outputs, "--no-browser", "--port", str(port)) == 1
    assert f"127.0.0.1:{port} (Address already in use). Choose another --port" in capsys.readouterr().err


def test_the_page_tells_of_the_index_that_is_chosen() -> None:
    cluster = RecordedCluster({"GET /tickets/_mapping": {"tickets-1": MAPPING}})
    search = IndexSearch(cluster, facts_of(TWO, "outputs"))
    about: Mapping[str, Any] = search.about("tickets")
    assert (about["index"], about["indices"]) == ("tickets", ["jina-demo", "tickets"])
    assert (about["dims"], about["fields"]) == (256, ["content"])
    with pytest.raises(WantedError, match="no index other: it has jina-demo, tickets"):
        search.about("other")
