"""Splits long texts at the ends of sentences, by the tokens of the stack's own model."""
