"""Tests of what the benchmarks make of figures."""
