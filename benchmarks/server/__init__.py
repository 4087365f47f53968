"""Measurements of llama-server as the stack runs it: `python -m benchmarks.server`."""
