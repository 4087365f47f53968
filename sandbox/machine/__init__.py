"""This machine: its packages, processes and ports, and the cache of what the sandbox builds."""
