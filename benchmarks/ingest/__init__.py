"""Measures `jinactl ingest`: its own speed and memory, and how many portions at a time feed a node best."""
