"""Compares the server's embeddings with those of the reference implementation of EuroBERT, on the same weights."""
