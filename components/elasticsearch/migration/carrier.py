"""Carries documents from one index to another, in portions, while people go on writing to the first.

Elasticsearch gives each write to an index a sequence number. A portion is the documents whose numbers lie between two
bounds; nothing up to its upper bound has to be looked at again. The progress is noted in the new index itself.
"""

import math
import time
from dataclasses import dataclass, field
from typing import Any

from components.backoff import Backoff, Patience
from components.elasticsearch.client.client import Requests
from components.elasticsearch.documents import reindex
from components.elasticsearch.documents.sequence import ABOVE_ALL, numbered, read_progress
from components.elasticsearch.documents.views import ViewLostError, read_window
from components.elasticsearch.embedding.embedder import Embedder
from components.elasticsearch.errors import (
    EmbeddingError,
    EmbeddingUnavailableError,
    IndexingError,
    StillBusyError,
)
from components.elasticsearch.generations import index as indices
from components.elasticsearch.migration import strategy
from components.elasticsearch.migration.portions import count_between, find_upper
from components.elasticsearch.migration.reembedding import Versions, reembed
from components.elasticsearch.migration.strategy import Strategy
from components.elasticsearch.migration.vanished import Following
from components.say import Say

FIRST_PORTION = {"copy": 2000, "slice": 2000, "re-embed": 64}
BATCH = {"copy": 500, "slice": 500, "re-embed": 16}
"""Documents in one bulk request of Elasticsearch's `_reindex`; with "re-embed", each costs one embedding."""
LARGEST_PORTION = 5000
PATIENCE = Patience(limit=300.0, longest_pause=30.0)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a migration goes, and the `patience` with a portion that fails repeatedly.

    `portion`: seconds that a portion should take. `rest`: seconds that the last portion, during which writers are
    refused, may take. `passes`: how many passes carry over what was written meanwhile, at most, before writers are
    refused. `between_lines`: seconds between two progress lines.
    """

    patience: Patience = PATIENCE
    portion: float = 10.0
    rest: float = 0.2
    passes: int = 20
    between_lines: float = 10.0


@dataclass(kw_only=True)
class Carrier:
    """Carries documents from index `old` to index `new`.

    Everything that was written to `old` up to sequence number `watermark` is in `new`. `following` deletes from `new`
    what was deleted from `old` since.
    """

    client: Requests
    alias: str
    pipeline_id: str
    dims: int
    old: str
    new: str
    strategy: Strategy
    watermark: int
    pace: Pace
    say: Say
    embedder: Embedder | None = None
    portion: int = 0
    batch: int = 0
    rate: float = 0.0
    carried: int = 0
    said: float = 0.0
    following: Following = field(init=False)

    def __post_init__(self) -> None:
        self.said = time.monotonic()
        self.following = Following(self.client, self.old, self.new, read_window(self.client, self.old))
        self.portion, self.batch = FIRST_PORTION[self.strategy], self._most_at_once()

    def _most_at_once(self) -> int:
        return min(BATCH[self.strategy], self.following.window)

    def catch_up(self) -> None:
        """Carry documents over until the rest fits into the last portion, or writers keep up with the migration."""
        before = math.inf
        for _ in range(self.pace.passes):
            target, vanished = self._look_again()
            left = self._count(target) + vanished
            if left <= max(1.0, self.rate * self.pace.rest) or left > 0.8 * before:
                return
            self.carry_up_to(target, left)
            before = left

    def _look_again(self) -> tuple[int, int]:
        """Return the number up to which all operations on `old` are done, and how many documents vanished from it."""
        if self.following.begun:
            vanished = self.follow_deletions()
            return self.following.settled, vanished
        return read_progress(self.client, self.old).settled, 0

    def follow_deletions(self) -> int:
        """Delete from `new` the documents that vanished from `old`; return how many. See `Following`."""
        return self.following.follow(self.watermark)

    def close(self) -> None:
        """Close the points in time that Elasticsearch keeps open for this."""
        self.following.close()

    def carry_up_to(self, target: int, left: int) -> None:
        """Carry over, portion by portion, the `left` documents that were written up to sequence number `target`.

        Raises IndexingError when a portion fails for too long, or for good.
        """
        backoff = Backoff(self.pace.patience)
        while self.watermark < target:
            upper = self._upper(target, left)
            started = time.monotonic()
            if target != ABOVE_ALL or backoff.failures:
                # Skipped at first for the rest: writers are refused meanwhile, and a second task would write the same.
                reindex.wait_for_others(self.client, self.new)
            outcome = self._carry(upper)
            if outcome.failure:
                self._ask_for_less()
                if outcome.lasts or not backoff.again():
                    raise IndexingError(_not_carried(self, outcome))
                continue
            backoff.reset()
            if target == ABOVE_ALL:
                # For the rest nothing is noted: once writers are let in again, another shard may have lower numbers.
                self.watermark = upper
            else:
                self._advance(upper)
                self.following.renew()
            left -= outcome.carried
            self._adapt(outcome.carried, time.monotonic() - started)
            self._tell(left)

    def _carry(self, upper: int) -> reindex.Outcome:
        """Carry over what has a sequence number above the watermark and up to `upper`."""
        outcome = self._run(upper, "external_gte")
        if outcome.stale and not outcome.failure:
            # A document was deleted and made again, so its versions began again: what is read now counts.
            outcome = self._run(upper, "internal")
        return outcome

    def _run(self, upper: int, versions: Versions) -> reindex.Outcome:
        if self.embedder is None or self.strategy != "re-embed":
            return reindex.run_reindex(self.client, self._body(upper, versions))
        try:
            done = reembed(
                self.client,
                self.embedder,
                source=self.old,
                destination=self.new,
                query=numbered(self.watermark, upper),
                versions=versions,
            )
        except (EmbeddingUnavailableError, StillBusyError) as error:
            return reindex.Outcome(failure=str(error).rstrip("."))
        except ViewLostError:
            return reindex.Outcome(failure=reindex.RESTARTED)
        except (EmbeddingError, IndexingError) as error:
            return reindex.Outcome(failure=str(error).rstrip("."), lasts=True)
        return reindex.Outcome(done.carried, done.stale)

    def _advance(self, upper: int) -> None:
        self.watermark = upper
        progress = {"source": self.old, "strategy": self.strategy, "watermark": upper}
        indices.add_meta(self.client, self.new, {"migration": progress})

    def _adapt(self, count: int, seconds: float) -> None:
        self.carried += count
        self.batch = min(self._most_at_once(), 2 * self.batch)
        if count:
            self.rate = count / max(seconds, 1e-3)
            self.portion = max(self.batch, min(LARGEST_PORTION, int(self.rate * self.pace.portion)))

    def _ask_for_less(self) -> None:
        """Halve batch and portion: the embedding server may be overloaded, and less is lost when a portion fails."""
        self.batch = max(1, self.batch // 2)
        self.portion = max(self.batch, self.portion // 2)

    def carry_rest(self, left: int) -> None:
        """Carry over the last `left` documents; call this when nobody can write any more."""
        if left:
            self.carry_up_to(ABOVE_ALL, left)

    def _tell(self, left: int) -> None:
        if left <= 0 or time.monotonic() - self.said < self.pace.between_lines:
            return
        self.said = time.monotonic()
        total = self.carried + left
        seconds = left / self.rate if self.rate else 0.0
        self.say(
            f"{self.alias}: {self.carried:,} of {total:,} documents carried over "
            f"({100 * self.carried // total} %), about {shown_seconds(seconds)} left"
        )

    def _count(self, target: int) -> int:
        self.client.request("POST", f"/{self.old}/_refresh")
        return count_between(self.client, self.old, self.watermark, target)

    def _upper(self, target: int, left: int) -> int:
        """Return the upper bound of the next portion: the sequence number up to which it has about the wanted size."""
        if left <= self.portion:
            return target
        return find_upper(self.client, self.old, self.watermark, target, self.portion)

    def _body(self, upper: int, versions: Versions) -> dict[str, Any]:
        body = strategy.reindex_body(
            self.strategy,
            source=self.old,
            destination=self.new,
            pipeline_id=self.pipeline_id,
            dims=self.dims,
        )
        body["source"] |= {"query": numbered(self.watermark, upper), "size": self.batch}
        body["dest"]["version_type"] = versions
        return {**body, "conflicts": "proceed"}


def shown_seconds(seconds: float) -> str:
    """Return a duration as text for people: "45 s", or "3 min" from 90 seconds on."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _not_carried(moving: Carrier, outcome: reindex.Outcome) -> str:
    which = f"Document {outcome.document}" if outcome.document else "A portion of the documents"
    way_out = (
        f"Change or delete that document in {moving.alias}"
        if outcome.lasts and outcome.document
        else "Look at the embedding server and at Elasticsearch (docker ps, docker logs)"
    )
    return (
        f"{which} of {moving.old} could not be carried over to {moving.new}: {outcome.failure}. "
        f"{moving.old} is in use as before, and {moving.carried:,} documents were carried over in this run. "
        f"{way_out}, and run the command again: it goes on from here."
    )
