"""Memory is flat, whatever the size of what is read."""

import json
import tracemalloc
from pathlib import Path

import pytest

from jinactl.ingest.ingesting import Wish, ingest
from jinactl.ingest.reading.sources import find_sources
from jinactl.ingest.rejects import Rejects
from jinactl.outputs import facts_of
from tests.unit.jinactl.ingest.index_double import IndexDouble
from tests.unit.jinactl.stack_outputs import OUTPUTS

LINES = 20_000
PADDING = "x" * 1000
LARGEST = 6 * 2**20


class Forgetful(IndexDouble):
    """Takes documents, and keeps none."""

    def _carry_out(self, *_: object, **__: object) -> None:
        self.versions["count"] = self.versions.get("count", 0) + 1
        self.bulks.clear()
        self.asked.clear()


def test_a_file_many_times_as_large_takes_no_more_memory(tmp_path: Path) -> None:
    held = Forgetful()
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr("jinactl.ingest.ingesting.Client", lambda _connection, _patience: held)
        path = tmp_path / "docs.ndjson"
        documents = (json.dumps({"content": f"text {number}", "padding": PADDING}) for number in range(LINES))
        path.write_text("\n".join(documents))
        assert path.stat().st_size > 3 * LARGEST
        (source,) = find_sources([str(path)], None)
        tracemalloc.start()
        ingest(
            facts_of(OUTPUTS, "x"),
            [source],
            Wish(),
            rejects=Rejects(print),
            say=print,
            advance=lambda *_: None,
        )
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert held.versions["count"] == LINES
    assert peak < LARGEST, f"{peak / 2**20:.1f} MiB"
