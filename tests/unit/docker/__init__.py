"""Tests of what the images are built from, without an engine."""
