"""Whether nobody's documents are being embedded: a measurement would slow them down, and they the measurement."""

import time

from jinactl.errors import CommandError
from jinactl.status.gateway import read_gateway
from jinactl.status.state import Unread

LANE = "documents"
LOOKS, PAUSE = 5, 0.2
"""The gateway counts a request until its answer is sent, so that one of a measurement may still be counted."""


class BusyLaneError(CommandError):
    """Documents are being embedded, so that nothing more may be measured."""


def require_idle(url: str, api_key: str) -> None:
    """Raise BusyLaneError where documents are being embedded; `url` is the root address of the gateway."""
    requests = 0
    for look in range(LOOKS):
        time.sleep(PAUSE if look else 0)
        requests = _requests(url, api_key)
        if not requests:
            return
    raise BusyLaneError(
        f"Documents are being embedded ({requests} requests): they would wait for this measurement, and its figures "
        "would be too low. Run it again when `jinactl status` shows 0 requests for the lane documents."
    )


def _requests(url: str, api_key: str) -> int:
    gateway = read_gateway(url, api_key)
    if isinstance(gateway, Unread):
        raise CommandError(f"{gateway.why}. `jinactl doctor` finds out why.")
    return sum(lane.requests or 0 for lane in gateway.lanes if lane.name == LANE)
