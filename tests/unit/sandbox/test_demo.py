"""When the demo counts as failed, and what it refuses to start with."""

import threading
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from components.elasticsearch.documents.demo import DEMO_CONTENTS, DEMO_QUERIES
from components.elasticsearch.embedding.hits import Hit
from sandbox.demo import Demo, main
from sandbox.part import Part
from sandbox.show.answers import Answer

QUERY = DEMO_QUERIES[0]


def answer(found: str, content: str) -> Answer:
    return Answer(QUERY, Hit(found, 0.7, content))


HIT = answer("demo-01", QUERY.document.content)
HIT_BY_ANOTHER_ID = answer("made-by-the-node", QUERY.document.content)
MISS = answer("demo-02", DEMO_CONTENTS[1])
OF_PEOPLE = answer("mine", "My app keeps getting killed in the cluster, and this is why.")
CHANGED = answer("demo-01", "What people made of the demo's document.")
STAND_IN, REAL = Part("model hub", False, ""), Part("model hub", True, "")


@pytest.mark.parametrize(
    ("answers", "part", "quant", "dims", "exit_code"),
    [
        pytest.param([HIT, HIT], STAND_IN, "F16", 768, 0, id="all found"),
        pytest.param([HIT_BY_ANOTHER_ID, HIT], REAL, "F16", 768, 0, id="the text under an id of people's"),
        pytest.param([HIT, OF_PEOPLE], REAL, "F16", 768, 0, id="a text of people's first"),
        pytest.param(
            [CHANGED, HIT], REAL, "F16", 768, 0, id="a text of the demo's that people changed first"
        ),
        pytest.param([OF_PEOPLE, MISS], REAL, "F16", 768, 1, id="a miss beside a text of people's"),
        pytest.param([HIT, MISS], STAND_IN, "F16", 768, 1, id="a miss at full dims"),
        pytest.param([HIT, MISS], STAND_IN, "Q4_K_M", 512, 1, id="a miss at the edge of the bar"),
        pytest.param(
            [HIT, MISS], STAND_IN, "F16", 256, 0, id="a miss below what the stand-in was trained for"
        ),
        pytest.param([HIT, MISS], STAND_IN, "Q3_K_M", 768, 0, id="a miss at a quant below the bar"),
        pytest.param([HIT, MISS], REAL, "Q2_K", 64, 1, id="any miss of the real model"),
    ],
)
def test_a_miss_fails_the_demo_where_the_model_promises_none(
    answers: list[Answer], part: Part, quant: str, dims: int, exit_code: int, tmp_path: Path
) -> None:
    demo = Demo(tmp_path, Console(quiet=True))

    assert demo.verdict(answers, [part], quant, dims) == exit_code


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([HIT, HIT_BY_ANOTHER_ID], "All 2 questions found the expected document first.\n"),
        (
            [HIT, OF_PEOPLE],
            "Documents of yours come before the expected ones, which is no failure: "
            'mine for "my app keeps getting killed in the cluster".\n'
            "1 of 2 questions found the expected document first.\n",
        ),
        ([HIT, MISS], "1 of 2 questions did not find the expected document first.\n"),
    ],
)
def test_a_document_of_peoples_that_comes_first_is_told_in_a_line(
    answers: list[Answer], told: str, tmp_path: Path
) -> None:
    console = Console(file=StringIO(), width=80)

    Demo(tmp_path, console).verdict(answers, [REAL], "F16", 768)

    assert console.file.getvalue() == told  # type: ignore[attr-defined] # the StringIO above


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("--quant", "q8", "must be one of F16, Q8_0"), ("--dims", "100", "must be one of 32, 64")],
)
def test_a_quant_or_dims_that_does_not_exist_is_refused_at_once(
    option: str, value: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["up", option, value])

    assert message in capsys.readouterr().err


def test_a_second_run_of_a_stack_waits_for_the_first_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, end = threading.Event(), threading.Event()

    def first() -> None:
        with Demo(tmp_path, Console(quiet=True)).alone():
            begun.set()
            end.wait(10)

    threading.Thread(target=first, daemon=True).start()
    begun.wait(10)
    threading.Timer(0.3, end.set).start()

    with Demo(tmp_path, Console(quiet=True)).alone():
        assert end.is_set()

    assert "another run is changing this stack: waiting for it to end" in capsys.readouterr().out


def test_runs_of_two_stacks_do_not_wait_for_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Demo(tmp_path, Console(quiet=True)).alone(), Demo(tmp_path, Console(quiet=True), "second").alone():
        pass

    assert "waiting" not in capsys.readouterr().out
