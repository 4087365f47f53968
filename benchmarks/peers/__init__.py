"""The stack's server beside the engines that people would pick instead: `python -m benchmarks.peers`."""
