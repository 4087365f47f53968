"""Tests of where the sandbox takes llama.cpp from."""
