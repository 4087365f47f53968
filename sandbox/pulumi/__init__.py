"""Pulumi: its command line, the environment that it runs in, and a stack driven by it."""
