"""`jinactl bench` on a double of the gateway: what it asks, measures and says, and when it stops."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jinactl.bench import beside, lane, running
from jinactl.bench.load import Load
from jinactl.beside.server import ServerTemplate, StartedServer
from jinactl.errors import CommandError
from jinactl.kernels.said import Multiplying
from jinactl.status.state import GatewayState, LaneState, Unread
from tests.fixtures.embedding_server import EmbeddingServer, tokens_of
from tests.unit.jinactl.conftest import Jinactl

OWN = Multiplying(kernels="llama.cpp", why="it is off")
ONEDNN = Multiplying(kernels="onednn", numbers="bfloat16")


def gateway(requests: int | None) -> GatewayState:
    lanes = [
        LaneState(name=name, well=True, requests=found, texts=0, waiting=0)
        for name, found in (("queries", 5), ("documents", requests))
    ]
    return GatewayState(url="", lanes=tuple(lanes), refused={})


class Machine:
    """A machine whose measurements take no time: what the gateway says in turn, and the second servers there were."""

    def __init__(self) -> None:
        self.gateway: list[GatewayState | Unread] = [gateway(0)]
        self.started: list[str] = []
        self.stopped: list[str] = []
        self.refuses = ""
        self.multiplies = {"": OWN, "second": ONEDNN}

    def told(self, *_: object) -> GatewayState | Unread:
        return self.gateway.pop(0) if len(self.gateway) > 1 else self.gateway[0]

    def template(self, _container: str) -> ServerTemplate:
        if self.refuses:
            raise CommandError(self.refuses)
        return ServerTemplate("image", [], [])


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, model: EmbeddingServer) -> Machine:
    model.reset()
    made = Machine()

    @contextmanager
    def second(_template: object, file: Path, *_: object, **__: object) -> Iterator[StartedServer]:
        made.started.append(file.name)
        try:
            yield StartedServer(model.url, "second")
        finally:
            made.stopped.append(file.name)

    monkeypatch.setattr(lane, "read_gateway", made.told)
    monkeypatch.setattr(lane, "PAUSE", 0)
    for module in (running, beside):
        monkeypatch.setattr(module, "SECONDS", 0)
        monkeypatch.setattr(module, "PARAGRAPH", Load(tokens=128, at_once=4))
    monkeypatch.setattr(running, "LENGTHS", (512, 256))
    monkeypatch.setattr(beside, "read_template", made.template)
    monkeypatch.setattr(beside, "remove_left_servers", list)
    monkeypatch.setattr(beside, "temporary_server", second)
    monkeypatch.setattr(beside, "of_container", lambda name: made.multiplies.get(name, OWN))
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "v5-F16.gguf"
    path.touch()
    return path


def test_the_running_server_is_measured_as_documents_are_and_a_second_one_by_turns_with_it(
    jinactl: Jinactl, machine: Machine, model: EmbeddingServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.with_name("v5-Q6_K.gguf").touch()
    assert jinactl("bench", "--json", modelFile=str(file), serverContainer="server") == 0
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert [(one["tokens"], one["atOnce"]) for one in told["running"]] == [(16, 4), (128, 4), (256, 1)]
    assert [(one["setting"], one["value"]) for one in told["settings"]] == [
        ("serverOnednn", "auto"),
        ("quant", "Q6_K"),
    ]
    assert machine.started == machine.stopped == ["v5-F16.gguf", "v5-Q6_K.gguf"]
    paths = {one.path for one in model.requests}
    assert paths == {"/tokenize", "/document/v1/embeddings", "/v1/embeddings"}
    assert all(text.startswith("Document: ") for text in model.texts)
    assert "searches are slower meanwhile" in shown.err


def test_the_minute_ends_before_the_next_value_begins(
    jinactl: Jinactl,
    machine: Machine,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(beside, "NEEDED", 1e9)
    assert jinactl("bench", modelFile=str(file)) == 0
    assert capsys.readouterr().out.endswith("serverOnednn auto: the minute is over.\n")
    assert machine.started == []


@pytest.mark.parametrize(
    ("refuses", "arguments", "told"),
    [
        ("the engine is on another machine", (), "measured: the engine is on another machine.\n"),
        ("", ("--running-only",), "measured: --running-only.\n"),
    ],
)
def test_where_no_second_server_can_be_had_the_running_one_alone_is_measured(
    refuses: str,
    arguments: tuple[str, ...],
    told: str,
    jinactl: Jinactl,
    machine: Machine,
    file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine.refuses = refuses
    assert jinactl("bench", *arguments, modelFile=str(file)) == 0
    assert capsys.readouterr().out.endswith(told)
    assert machine.started == []


def test_an_image_without_onednn_is_not_compared(
    jinactl: Jinactl, machine: Machine, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.multiplies["second"] = Multiplying(kernels="llama.cpp", why="oneDNN is not in the image")
    assert jinactl("bench", modelFile=str(file)) == 0
    assert "serverOnednn auto: oneDNN is not in the image." in capsys.readouterr().out
    assert machine.stopped == ["v5-F16.gguf"]


@pytest.mark.parametrize(
    ("free", "why"),
    [
        ("MemAvailable: 1000 kB", "needs more memory than is free (0.0 GB)"),
        ("Other: 1", "would make nothing"),
    ],
    ids=["too little", "not told"],
)
def test_a_second_server_is_started_only_where_its_memory_is_free(
    free: str,
    why: str,
    jinactl: Jinactl,
    machine: Machine,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "meminfo").write_text(free)
    monkeypatch.setattr(beside, "MEMORY", tmp_path / "meminfo")
    monkeypatch.setattr("jinactl.bench.report.GAIN", 1e9)
    assert jinactl("bench", modelFile=str(file)) == 0
    assert why in capsys.readouterr().out
    assert bool(machine.started) == (why == "would make nothing")


@pytest.mark.parametrize("looks", [0, 6], ids=["before", "meanwhile"])
def test_it_stops_where_documents_of_others_are_embedded(
    looks: int, jinactl: Jinactl, machine: Machine, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.gateway = [*[gateway(0)] * looks, gateway(3)]
    assert jinactl("bench", modelFile=str(file)) == 1
    shown = capsys.readouterr()
    assert "Documents are being embedded (3 requests)" in shown.err
    assert shown.out == ""
    assert machine.started == machine.stopped


def test_documents_that_come_while_a_second_server_is_measured_end_it_and_the_command(
    jinactl: Jinactl, machine: Machine, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.gateway = [*[gateway(0)] * 8, gateway(3)]
    assert jinactl("bench", modelFile=str(file)) == 1
    assert "Documents are being embedded" in capsys.readouterr().err
    assert machine.started == machine.stopped == ["v5-F16.gguf"]


def test_a_request_of_its_own_that_is_still_counted_is_waited_for(
    jinactl: Jinactl, machine: Machine, file: Path
) -> None:
    machine.gateway = [gateway(1), gateway(1), gateway(None)]
    assert jinactl("bench", "--running-only", modelFile=str(file)) == 0


def test_a_gateway_that_does_not_answer_is_said(
    jinactl: Jinactl, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.gateway = [Unread("it does not answer")]
    assert jinactl("bench") == 1
    assert "it does not answer. `jinactl doctor` finds out why." in capsys.readouterr().err


def test_a_long_text_that_is_too_long_for_the_context_is_shortened(
    jinactl: Jinactl,
    machine: Machine,
    model: EmbeddingServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(running, "SECONDS", 0.1)
    monkeypatch.setattr(model, "context", 150)
    monkeypatch.setattr(running, "LENGTHS", (200, 64))
    assert jinactl("bench", "--running-only", "--json") == 0
    assert [one["tokens"] for one in json.loads(capsys.readouterr().out)["running"]] == [16, 128, 64]
    assert any(tokens_of(text) > model.context for text in model.texts)
    assert machine.started == []
