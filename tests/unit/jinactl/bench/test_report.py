"""What a measurement says, and what this machine would gain by which setting."""

import json
from pathlib import Path

import pytest

from jinactl.bench.beside import Beside, Compared
from jinactl.bench.choices import Choice
from jinactl.bench.load import Amount
from jinactl.bench.report import Report, lines
from jinactl.bench.running import PARAGRAPH, Measured
from jinactl.beside.server import ServerTemplate


def compared(setting: str, value: str, times: float, remark: str = "") -> Compared:
    choice = Choice(
        setting=setting, value=value, template=ServerTemplate("", [], []), model=Path("m"), remark=remark
    )
    return Compared(choice, its=Amount(round(1000 * times), 1.0), running=Amount(1000, 1.0))


ONEDNN, Q6 = compared("serverOnednn", "auto", 2.5), compared("quant", "Q6_K", 2.0, "embeds all again")


def report(*found: Compared, stack: str = "", **refused: str) -> Report:
    return Report("oneDNN", [Measured(PARAGRAPH, Amount(5000, 4.0))], Beside(found, refused), stack)


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (
            report(Q6, ONEDNN, stack="cpu"),
            "This machine would gain by serverOnednn auto: 2.5 times as many tokens a second: "
            "pulumi config set serverOnednn auto -s cpu && pulumi up -s cpu",
        ),
        (
            report(Q6),
            "This machine would gain by quant Q6_K: 2.0 times as many tokens a second (embeds all again): "
            "pulumi config set quant Q6_K && pulumi up",
        ),
        (
            report(compared("serverOnednn", "off", 0.4), compared("quant", "Q8_0", 1.09)),
            "Leave the settings as they are: serverOnednn off, quant Q8_0 would make nothing a tenth faster here.",
        ),
        (
            report(**{"": "no Docker engine has the stack's server"}),
            "Only the running server was measured: no Docker engine has the stack's server.",
        ),
        (
            report(**{"serverOnednn auto": "oneDNN is not in the image"}),
            "Only the running server was measured: serverOnednn auto: oneDNN is not in the image.",
        ),
        (report(), "Only the running server was measured: there is nothing else to measure here."),
    ],
    ids=["best", "quant", "chance", "nowhere", "refused", "nothing"],
)
def test_the_last_line_says_what_the_machine_would_gain_or_why_that_is_not_known(
    of: Report, told: str
) -> None:
    assert of.advice == told
    assert list(lines(of))[-1] == told


def test_every_measurement_is_a_line_and_in_the_json() -> None:
    of = report(ONEDNN, **{"quant Q8_0": "the minute is over"})
    assert list(lines(of))[:-1] == [
        "The running server multiplies by oneDNN.",
        "Tokens a second:",
        "    128 tokens x 4     1,250",
        "  serverOnednn auto: 2.50 times (2,500 instead of 1,000, by turns, 128 tokens x 4)",
        "  quant Q8_0: not measured, the minute is over",
    ]
    told = json.loads(json.dumps(of.as_dict()))
    assert told["running"] == [{"tokens": 128, "atOnce": 4, "tokensPerSecond": 1250.0}]
    assert told["settings"][0]["times"] == 2.5
    assert told["settings"][0]["command"] == "pulumi config set serverOnednn auto && pulumi up"
    assert told["notMeasured"] == [{"setting": "quant Q8_0", "why": "the minute is over"}]
    assert told["advice"] == of.advice
