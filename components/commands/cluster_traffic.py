"""Has all gateways of a cluster ask a server that has proved itself, as one: no two servers ever answer in turn.

Run as `python3 -m components.commands.cluster_traffic` with KUBECTL_* and TRAFFIC_* in the environment: INSTANCE is the
gateways' label app.kubernetes.io/instance, CONFIG_MAP tells gateways that start what to ask, LANES are those that the
server answers, SERVER is its host:port, and CONTEXT how many tokens it takes.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from components.errors import StackError
from components.kubernetes.errors import ForbiddenError, KubectlError, NoKubectlError, NotFoundError
from components.kubernetes.kubectl import Target, run
from components.kubernetes.labels import INSTANCE, NAME
from components.kubernetes.lane_record import LaneRecord, Server
from components.kubernetes.live_pods import Pod, Pods
from components.program.entry import run_to_end, say
from components.say import Say

HOLD_SECONDS = 90
"""For how long a gateway holds a lane at most, should this program be killed before it releases it."""

SWITCH_SECONDS = 60.0
"""Within which all gateways must have switched: well before the first one's hold is over."""

START_SECONDS = 10.0
"""For how long gateways are waited for that are starting; those that do later have read the ConfigMap as it is then."""

RETRY_SECONDS = 15.0
"""How long a gateway gets to reach the server: nodes learn of a new Service within seconds."""

ORDER_SECONDS = 15.0
"""How long an order may take: the machine of a gateway that was ready a moment ago may be gone."""

PAUSE = 0.5

ANSWERED_SECONDS = 300
"""Seconds that requests to the server before get: a long document takes minutes on a small machine."""

AT_ONCE = 8
"""How many gateways are told something at the same time: each takes a kubectl."""


@dataclass(frozen=True, kw_only=True)
class Gateways:
    """The gateways of a stack, each of which takes orders (docker/gateway/use_server.py)."""

    pods: Pods

    def serving(self) -> list[Pod]:
        """Return those that requests reach, also such as are ending and still answer. Raises KubectlError."""
        return [pod for pod in self.pods.listed() if pod.runs and pod.ready]

    def not_serving(self) -> list[Pod]:
        """Return those that are to answer, and do not, or not yet. Raises KubectlError."""
        return [pod for pod in self.pods.listed() if not pod.ready and not pod.ending]

    def tell(self, pods: list[Pod], *order: str, seconds: float = 0.0) -> dict[str, KubectlError]:
        """Give an order to these gateways at once; return, by name, why it failed at those that still serve.

        A refusal is repeated for so many seconds. Raises NoKubectlError and ForbiddenError, and KubectlError where the
        cluster can't be asked which of them still serve.
        """
        with ThreadPoolExecutor(AT_ONCE) as threads:
            said = list(threads.map(lambda pod: self._tell(pod, order, seconds), pods))
        failed = {pod.name: error for pod, error in zip(pods, said, strict=True) if error}
        # What ends takes no orders, and needs none.
        serving = {pod.name for pod in self.serving() if not pod.ending} if failed else set()
        return {name: error for name, error in failed.items() if name in serving}

    def _tell(self, pod: Pod, order: tuple[str, ...], seconds: float) -> KubectlError | None:
        end = time.monotonic() + (0 if pod.ending else seconds)
        asked = ["exec", pod.name, "--container", pod.container, "--", "use-server", *order]
        within = ORDER_SECONDS + (ANSWERED_SECONDS if order[0] == "wait" else 0)
        while True:
            try:
                run(asked, self.pods.target, within=within)
            except (NoKubectlError, ForbiddenError):
                raise
            except KubectlError as error:
                if isinstance(error, NotFoundError) or time.monotonic() >= end:
                    return error
                time.sleep(PAUSE)
            else:
                return None


@dataclass(frozen=True, kw_only=True)
class Switch:
    """The switch of a lane to a server."""

    gateways: Gateways
    record: LaneRecord
    lane: str
    server: Server
    say: Say

    def make(self) -> None:
        """Have every gateway ask the server from one moment on, then wait until the one before has answered the rest.

        Raises StackError where one does not switch: all are put back then. It may be made any number of times.
        """
        before = self.record.server(self.lane)
        try:
            self._require(
                self._all("hold", self.lane, str(HOLD_SECONDS), seconds=RETRY_SECONDS),
                "does not hold requests",
            )
            self._turn(before)
        finally:
            # One that can't be told now ends its hold by itself.
            self._all("release", self.lane)
        for name, error in self._all("wait", self.lane, str(ANSWERED_SECONDS)).items():
            self.say(f"{name}: nobody waits for its requests to the server before any longer: {error}")
        for pod in self.gateways.not_serving():
            self.say(
                f"{pod.described}. If it still asks the server before when it is back, delete it (`kubectl delete "
                f"pod {pod.name}`): the next one asks the new one."
            )

    def _turn(self, before: Server | None) -> None:
        """Turn all gateways, which hold the lane, to the server, or none."""
        began = time.monotonic()
        try:
            self.record.write(self.lane, self.server)
            server = self.server["server"]
            self._require(self._use_everywhere(self.server), f"does not turn to {server}, which is ready")
            self._require_within(SWITCH_SECONDS, time.monotonic() - began)
        except BaseException:
            self._put_back(before)
            raise

    def _all(self, *order: str, seconds: float = 0.0) -> dict[str, KubectlError]:
        return self.gateways.tell(self.gateways.serving(), *order, seconds=seconds)

    def _use_everywhere(self, server: Server) -> dict[str, KubectlError]:
        """Turn all gateways, also those that start meanwhile, to the server; return why it failed at some."""
        order = ("use", self.lane, server["server"], "0", str(server["context"]))
        turned: set[str] = set()
        started_until = time.monotonic() + START_SECONDS
        while True:
            pods = [pod for pod in self.gateways.serving() if pod.name not in turned]
            failed = self.gateways.tell(pods, *order, seconds=RETRY_SECONDS)
            turned |= {pod.name for pod in pods}
            if failed:
                return failed
            # One that has read the ConfigMap before it was patched may run only now.
            if not pods and (time.monotonic() >= started_until or not self.gateways.not_serving()):
                return {}
            time.sleep(PAUSE)

    def _put_back(self, before: Server | None) -> None:
        """Turn everything back to the server before; where that fails too, say so."""
        try:
            self.record.write(self.lane, before)
            failed = self._use_everywhere(before) if before else {}
        except KubectlError as error:
            failed = {"the cluster": error}
        if failed:
            self.say(
                f"Putting requests of {self.lane} back failed too, so gateways may ask different servers now:\n"
                f"{_listed(failed)}"
            )

    def _require_within(self, limit: float, took: float) -> None:
        if took > limit:
            raise StackError(
                f"The gateways took {took:.0f} s, more than {limit:.0f} s, to turn to {self.server['server']}, so "
                f"requests of {self.lane} go on to where they went before. Run `pulumi up` again when the cluster is "
                "less busy."
            )

    def _require(self, failed: Mapping[str, KubectlError], what: str) -> None:
        if failed:
            log = self.gateways.pods.log_command
            raise StackError(
                f"A gateway {what}, so requests of {self.lane} go on to where they went before, from all gateways:\n"
                f"{_listed(failed)}\nThe gateways' log: {log}. Run `pulumi up` again."
            )


def _listed(failed: Mapping[str, KubectlError]) -> str:
    return "\n".join(f"  {name}: {_without_ending(str(error))}" for name, error in failed.items())


def _without_ending(said: str) -> str:
    """Return what an order was answered, without how kubectl then ended."""
    return re.sub(r"\s*command terminated with exit code \d+\s*$", "", said)


def switches(environment: Mapping[str, str], say: Say) -> list[Switch]:
    """Return the switches that KUBECTL_* and TRAFFIC_* variables describe, one for each lane."""
    target = Target.from_environment(environment)
    selector = {NAME: "gateway", INSTANCE: environment["TRAFFIC_INSTANCE"]}
    pods = Pods(target=target, selector=",".join(f"{key}={value}" for key, value in selector.items()))
    return [
        Switch(
            gateways=Gateways(pods=pods),
            record=LaneRecord(target=target, name=environment["TRAFFIC_CONFIG_MAP"]),
            lane=lane,
            server={
                "server": environment["TRAFFIC_SERVER"],
                "context": int(environment["TRAFFIC_CONTEXT"]),
            },
            say=say,
        )
        for lane in environment["TRAFFIC_LANES"].split(",")
    ]


def work() -> str:
    """Move the lanes as the environment says; return where they go."""
    made = switches(os.environ, say)
    for one in made:
        one.make()
    return f"requests of {' and '.join(one.lane for one in made)} go to {made[0].server['server']}"


if __name__ == "__main__":
    sys.exit(run_to_end(work))
