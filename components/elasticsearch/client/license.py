"""How long the license of a cluster lasts, and what to do when it ends."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

SOON = timedelta(days=7)
"""A license that ends within this time is warned about."""

OTHER_WAYS_OUT = (
    "Two ways out: have documents embedded outside Elasticsearch, which needs no license beyond Basic, with "
    "`pulumi config set elasticsearchEmbedding client` and `pulumi up`; or install a license that includes inference."
)
"""For a cluster that has used up its one trial."""

START_BASIC = "/_license/start_basic"
BASIC_WAYS_OUT = (
    "Start the Basic license, which costs nothing and does not end, with "
    f"`POST {START_BASIC}?acknowledge=true`, or install another license."
)


@dataclass(frozen=True)
class Remark:
    """A line about the license: `info` while it lasts, `warning` when it ends soon or is over."""

    severity: Literal["info", "warning"]
    text: str


def expiry_of(millis: object) -> str:
    """Return the end of a license (milliseconds since 1970) as ISO date and time in UTC, "" if it does not end."""
    if not isinstance(millis, int | float) or millis <= 0:
        return ""
    try:
        return datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError):
        return ""  # a date so late that it means "never"


def remark(
    license: str | None, expires: str | None, now: datetime, *, needs_inference: bool
) -> Remark | None:
    """Return the line about a license at the time `now`; None when the license does not end or is not yet known.

    `expires` is the result of `expiry_of`. Without `needs_inference`, None also while the license lasts for more than
    `SOON`.
    """
    if not expires:
        return None
    end = datetime.fromisoformat(expires)
    left = end - now
    name, day = f"The {license or 'present'} license of Elasticsearch", end.date().isoformat()
    ways_out = OTHER_WAYS_OUT if needs_inference else BASIC_WAYS_OUT
    if left <= timedelta(0):
        return Remark("warning", f"{name} ended on {day}: {_what_ends(needs_inference, now=True)} {ways_out}")
    lasts = f"{name} lasts {_days(left)}, until {day}"
    if left <= SOON:
        return Remark("warning", f"{lasts}: after that {_what_ends(needs_inference, now=False)} {ways_out}")
    return Remark("info", f"{lasts}.") if needs_inference else None


def _what_ends(needs_inference: bool, *, now: bool) -> str:
    if needs_inference:
        verb = "is" if now else "will be"
        return f"every write to the index {verb} refused, and so {verb} every search by text that Elasticsearch embeds."
    verb = "shows" if now else "will show"
    return f"Elasticsearch {verb} neither its health nor its statistics, which migrations of an index need."


def _days(left: timedelta) -> str:
    if left < timedelta(days=1):
        return "less than a day"
    return "1 more day" if left.days == 1 else f"{left.days} more days"
