"""What a measurement says: lines, JSON, and what this machine would gain by which setting."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jinactl.bench.beside import Beside, Compared
from jinactl.bench.running import Measured

GAIN = 1.1
"""A setting that makes the server so many times as fast is worth a line; less may be chance."""

RUNNING_ALONE = "Only the running server was measured"


@dataclass(frozen=True)
class Report:
    """What was measured: the running server, by what it multiplies, and other values of settings beside it.

    `stack` is the name of the stack as it was given, empty for the selected one.
    """

    multiplies: str
    running: Sequence[Measured]
    beside: Beside
    stack: str

    @property
    def best(self) -> Compared | None:
        """The value of a setting by which this machine gains most; None where it gains by none."""
        gains = [one for one in self.beside.compared if one.times >= GAIN]
        return max(gains, key=lambda one: one.times, default=None)

    @property
    def advice(self) -> str:
        """What this machine would gain by which setting, in one line."""
        best = self.best
        if best is not None:
            remark = f" ({best.choice.remark})" if best.choice.remark else ""
            return (
                f"This machine would gain by {best.choice.name}: {best.times:.1f} times as many tokens a second"
                f"{remark}: {best.choice.command(self.stack)}"
            )
        if self.beside.compared:
            tried = ", ".join(one.choice.name for one in self.beside.compared)
            return f"Leave the settings as they are: {tried} would make nothing a tenth faster here."
        why = "; ".join(f"{name}: {why}" if name else why for name, why in self.beside.not_measured.items())
        return f"{RUNNING_ALONE}: {why or 'there is nothing else to measure here'}."

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for programs; rates are in tokens a second."""
        return {
            "multiplies": self.multiplies,
            "running": [
                {
                    "tokens": one.load.tokens,
                    "atOnce": one.load.at_once,
                    "tokensPerSecond": _rounded(one.amount.rate),
                }
                for one in self.running
            ],
            "settings": [self._of_setting(one) for one in self.beside.compared],
            "notMeasured": [{"setting": name, "why": why} for name, why in self.beside.not_measured.items()],
            "advice": self.advice,
        }

    def _of_setting(self, one: Compared) -> dict[str, Any]:
        return {
            "setting": one.choice.setting,
            "value": one.choice.value,
            "times": round(one.times, 2),
            "tokensPerSecond": _rounded(one.its.rate),
            "runningTokensPerSecond": _rounded(one.running.rate),
            "remark": one.choice.remark,
            "command": one.choice.command(self.stack),
        }


def lines(report: Report) -> Iterator[str]:
    """Yield the report for people; the last line is the advice."""
    yield f"The running server multiplies by {report.multiplies}."
    yield "Tokens a second:"
    for measured in report.running:
        load = measured.load
        yield f"  {load.tokens:>5,} tokens x {load.at_once}  {measured.amount.rate:>8,.0f}"
    for one in report.beside.compared:
        yield (
            f"  {one.choice.name}: {one.times:.2f} times ({one.its.rate:,.0f} instead of {one.running.rate:,.0f}, "
            "by turns, 128 tokens x 4)"
        )
    if report.beside.compared:
        for name, why in report.beside.not_measured.items():
            yield f"  {name}: not measured, {why}"
    yield report.advice


def _rounded(rate: float) -> float:
    return round(rate, 1)
