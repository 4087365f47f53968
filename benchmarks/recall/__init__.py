"""How many of the exact answers the vector indices find: `python -m benchmarks.recall`."""
