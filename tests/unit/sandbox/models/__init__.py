"""Tests of the model files that the sandbox writes."""
