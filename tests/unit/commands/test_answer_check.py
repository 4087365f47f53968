"""The check of node and gateway: who answers is up, whoever it lets in, and who crashes is told of at once."""

import pytest

from components.commands.answer_check import Check, run
from components.engine.container import Container, State
from components.engine.errors import NotListeningError
from components.program.errors import CheckError
from components.startup import waiting


class Stub(Container):
    """A container that answers with statuses and tells states, in turn, the last of each for good; 0 is no answer."""

    def __init__(self, statuses: list[int], states: list[State], log: list[str]) -> None:
        super().__init__("the-node")
        for name, value in (("_statuses", statuses), ("_states", states), ("_log", log)):
            object.__setattr__(self, name, value)

    def get(self, *_request: object) -> tuple[int, bytes]:
        statuses: list[int] = vars(self)["_statuses"]
        status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
        if not status:
            raise NotListeningError("Connection refused")
        return status, b"{}"

    def state(self) -> State:
        states: list[State] = vars(self)["_states"]
        return states.pop(0) if len(states) > 1 else states[0]

    def last_lines(self, count: int) -> list[str]:
        log: list[str] = vars(self)["_log"]
        return log[-count:]


def state(status: str = "running", restarts: int = 0, code: int = 0) -> State:
    return State(status=status, exit_code=code, out_of_memory=False, restarts=restarts)


def check(patience: float = 5, program: str = "node") -> Check:
    return Check(program=program, container="the-node", port=9200, patience=patience)


@pytest.fixture(autouse=True)
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PAUSE", 0.01)


@pytest.mark.parametrize("statuses", [[200], [401], [0, 503, 401]])
def test_a_node_that_answers_is_up_whoever_it_lets_in(statuses: list[int]) -> None:
    assert run(check(), Stub(statuses, [state()], [])) == "the node in container the-node answers"


def test_a_node_that_crashes_is_reported_at_once_with_how_it_ended_and_what_to_do() -> None:
    states = [state(), state(restarts=1), state(restarts=1), state("restarting", restarts=2, code=78)]
    log = [
        "cannot downgrade a node from version [9.5.3] to version [9.4.0]",
        "\tat org.elasticsearch.X.y(X.java:1)",
    ]
    with pytest.raises(CheckError) as raised:
        run(check(patience=60), Stub([0], states, log))
    told = str(raised.value)
    assert "The Elasticsearch node ended with exit code 78, 2 times in a row in container the-node" in told
    assert "set elasticsearchImage to the version that wrote it" in told
    assert told.endswith(f"Its last lines:\n  {log[0]}")


def test_a_node_that_never_answers_is_reported_with_its_log() -> None:
    with pytest.raises(
        CheckError, match=r"(?s)did not give an answer within 0 s.*docker logs the-node.*\n  busy"
    ):
        run(check(patience=0), Stub([503], [state()], ["busy"]))


@pytest.mark.parametrize(
    ("last_words", "says"),
    [
        (
            "ValueError: /var/lib/gateway/lanes.json is damaged, or of another version of the gateway.",
            "docker volume rm",
        ),
        (
            "PermissionError: [Errno 13] Permission denied: '/var/lib/gateway/lanes.json'",
            "may not be read: remove container and volume",
        ),
        (
            "OSError: [Errno 98] error while attempting to bind on address ('0.0.0.0', 8080): address already in use",
            "Its port in the container cannot be had: correct imageBase",
        ),
        (
            "The gateway can't start: [Errno 2] No such file or directory: '/run/secrets/stack/secret-11111111'",
            r"--replace '\*\*Command::gateway-key'",
        ),
        ("exec /usr/bin/python3: exec format error", "another kind of processor"),
        ("AttributeError: module 'asyncio' has no attribute 'Runner'", "Debian 12 has what it needs"),
        ("MemoryError", "short of memory"),
    ],
)
def test_a_gateway_that_crashes_is_reported_with_what_to_do(last_words: str, says: str) -> None:
    with pytest.raises(CheckError, match=says) as raised:
        run(check(60, "gateway"), Stub([0], [state("exited", code=1)], [last_words]))
    assert "The gateway in front of llama-server ended with exit code 1" in str(raised.value)
    assert str(raised.value).endswith(f"Its last lines:\n  {last_words}")


def test_a_gateway_that_answers_is_up() -> None:
    assert (
        run(check(program="gateway"), Stub([0, 200], [state()], []))
        == "the gateway in container the-node answers"
    )
