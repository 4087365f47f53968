"""Tests of what the comparison with other engines makes of figures."""
