"""Tests of the built image, run with the settings of the stack's own container."""
