"""Queries at a steady rate, and documents by clients that send the next one when the last one is answered."""

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import requests

EVERY = 0.1
"""Seconds from one query to the next, however long their answers take."""

QUERY_SECONDS = 60
DOCUMENT_SECONDS = 600
OUTSTANDING = 600
"""Queries that may wait for their answers at a time: those of a minute."""

WARM_UP = 2.0
"""Seconds of load before the first query."""

Send = Callable[[requests.Session, int], requests.Response]
"""Sends the query or document of that number."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was measured while queries were asked: seconds of each that was answered, and how many were not.

    `documents` is how many were embedded a second, `refused` how many were not.
    """

    seconds: list[float]
    failed: int
    documents: float
    refused: int

    @property
    def p50(self) -> float:
        """The median of a query's seconds; without end where most failed."""
        return self.percentile(0.5)

    @property
    def p95(self) -> float:
        """The seconds within which 95 of 100 queries were answered; without end where more failed."""
        return self.percentile(0.95)

    def percentile(self, share: float) -> float:
        """Return the seconds within which this share of all queries was answered; those that failed never were."""
        every = sorted(self.seconds) + [float("inf")] * self.failed
        return every[min(len(every) - 1, int(share * len(every)))]


def measured(query: Send, seconds: float, document: Send | None = None, clients: int = 0) -> Outcome:
    """Ask queries for so many seconds, while so many clients send documents; return what came of it."""
    ending = threading.Event()
    embedded: list[float] = []
    refused: list[int] = []

    def send_on(number: int) -> None:
        with requests.Session() as session:
            while not ending.is_set():
                good = _is_answered(document, session, number, refused) if document else False
                if good:
                    embedded.append(time.monotonic())
                number += clients

    threads = [threading.Thread(target=send_on, args=[number]) for number in range(clients)]
    for thread in threads:
        thread.start()
    if threads:
        time.sleep(WARM_UP)
    began = time.monotonic()
    answered, failed = ask(query, lambda: time.monotonic() - began >= seconds)
    ended = time.monotonic()
    ending.set()
    for thread in threads:
        thread.join()
    counted = sum(began <= at <= ended for at in embedded)
    return Outcome(
        seconds=answered, failed=len(failed), documents=counted / (ended - began), refused=len(refused)
    )


def ask(query: Send, is_over: Callable[[], bool]) -> tuple[list[float], list[int]]:
    """Ask a query every tenth of a second; return the seconds of those that were answered, and who was not.

    Each is asked when its time has come, also where answers are late: so a slow server is not asked less.
    """
    answered: list[float] = []
    failed: list[int] = []
    with ExitStack() as opened:
        idle: list[requests.Session] = []

        def one(number: int, due: float) -> None:
            session = idle.pop() if idle else opened.enter_context(requests.Session())
            if _is_answered(query, session, number, failed):
                answered.append(time.monotonic() - due)
            idle.append(session)

        due, number = time.monotonic(), 0
        with ThreadPoolExecutor(OUTSTANDING) as asking:
            while not is_over():
                asking.submit(one, number, due)
                number, due = number + 1, due + EVERY
                time.sleep(max(0.0, due - time.monotonic()))
    return answered, failed


def _is_answered(send: Send, session: requests.Session, number: int, others: list[int]) -> bool:
    try:
        status = send(session, number).status_code
    except requests.RequestException:
        status = 0
    if status != requests.codes.ok:
        others.append(number)
    return status == requests.codes.ok


def median(rounds: list[Outcome], figure: Callable[[Outcome], float]) -> float:
    """Return the median over the rounds of a figure."""
    return statistics.median(figure(one) for one in rounds)
