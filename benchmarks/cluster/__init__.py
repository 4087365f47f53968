"""Measurements of what a cluster adds over one machine: `python -m benchmarks.cluster`."""
