"""docs/benchmarks.md says what docs/benchmarks.json says."""

import json

from benchmarks.server.__main__ import PAGE, RESULTS
from benchmarks.server.report import tables, with_tables


def test_the_tables_of_the_document_are_those_of_the_file() -> None:
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    page = PAGE.read_text()

    assert page == with_tables(page, tables(results)), "run `python -m benchmarks.server --render`"
