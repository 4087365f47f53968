"""Measures what the stack's embedding server does on its machine, and what another setting would do there."""
