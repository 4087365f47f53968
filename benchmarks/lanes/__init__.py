"""Measurements of the two lanes, queries and documents: `python -m benchmarks.lanes`."""
