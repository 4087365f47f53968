"""Carries documents from one generation of an index to the next, while people go on writing."""
