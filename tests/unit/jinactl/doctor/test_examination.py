"""What the doctor makes of what its checks find: the report, its lines, and the exit code."""

import json
from pathlib import Path

import pytest

from jinactl.app import run
from jinactl.doctor import examination
from jinactl.doctor.examination import Report, examine, lines, names
from jinactl.doctor.finding import CannotLookError, Check, Finding
from tests.unit.jinactl.conftest import INDEX, Opened
from tests.unit.jinactl.doctor.declaration import COMPLETE, declared


def fails(_: object) -> list[Finding]:
    raise CannotLookError("it does not answer")


FINDS = Check[str]("finds", lambda what: [Finding(what=what, remedy="do it")])
WELL = Check[str]("well", lambda _: [])
FAILS = Check[str]("fails", fails)


def test_a_report_tells_in_a_line_each_what_was_found_and_what_could_not_be_looked_at() -> None:
    report = Report()
    assert report.look(lambda: "something is wrong", [FINDS, WELL, FAILS]) == "something is wrong"
    report.pass_over([Check("also", fails)], "it does not answer")
    assert lines(report) == [
        "finds: something is wrong. Mend it: do it",
        "not looked at: fails, also (it does not answer)",
        "1 cause of trouble found: 2 checks looked, 2 could not look",
    ]


def test_what_cannot_be_read_is_no_finding() -> None:
    def read() -> str:
        raise CannotLookError("nothing to read")

    report = Report()
    assert report.look(read, [FINDS]) is None
    assert lines(report) == [
        "not looked at: finds (nothing to read)",
        "all is well: 0 checks looked, 1 could not look",
    ]


def test_an_answer_in_another_form_ends_no_examination() -> None:
    report = Report()
    assert report.look(lambda: dict[str, str]()["absent"], [FINDS]) is None
    report.look(lambda: "", [Check[str]("strange", lambda what: [Finding(what=what[1], remedy="")])])
    assert sorted(report.not_looked) == ["finds", "strange"]
    assert "in a form that is not known here" in report.not_looked["strange"]


def test_checks_have_names_of_their_own() -> None:
    assert len(set(names())) == len(names())


@pytest.fixture
def silent(cluster: Opened, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Have no engine and no gateway answer, and a cluster that does."""
    monkeypatch.setenv("PATH", "")
    cluster.answers |= {"POST /_search": {"hits": {"hits": []}}, f"POST /{INDEX}/_pit": {"id": "view"}}
    monkeypatch.setattr(examination, "Client", lambda _connection, _patience: cluster)
    return cluster


def test_every_part_is_looked_at_whatever_becomes_of_another(silent: Opened) -> None:
    report = examine(declared(serverUrl="http://127.0.0.1:9"))
    looked = {name for name, _ in report.found} | report.not_looked.keys()
    assert {"gateway-unreachable", "engine-unreachable", "pipeline-missing"} <= looked
    assert any(path == "GET /jina-demo?expand_wildcards=all" for path, _ in silent.asked)
    assert [one for one in silent.written if one.startswith("PUT") or "_doc" in one] == []


@pytest.mark.parametrize(
    ("outputs", "found"),
    [
        ('{"dims": 1', "outputs-unreadable"),
        (json.dumps({**COMPLETE, "dockerEngine": "[secret]"}), "outputs-unreadable"),
        (json.dumps({key: COMPLETE[key] for key in COMPLETE if key != "stackId"}), "outputs-incomplete"),
    ],
)
def test_the_command_ends_with_1_and_names_what_it_finds_of_the_outputs(
    outputs: str, found: str, silent: Opened, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert silent
    file = tmp_path / "outputs.json"
    file.write_text(outputs)
    assert run(["doctor", "--outputs", str(file)]) == 1
    assert capsys.readouterr().out.startswith(f"{found}: ")
    assert run(["doctor", "--outputs", str(file), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["found"][0]["check"] == found
    names_ = [one["check"] for one in (*report["found"], *report["notLooked"])]
    assert set(names_) <= set(names())


def test_a_stack_that_is_named_twice_is_wrong_usage(tmp_path: Path) -> None:
    assert run(["doctor", "-s", "cpu", "--outputs", str(tmp_path / "x")]) == 2
