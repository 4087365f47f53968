"""Embeddings without an ingest pipeline: of documents, and of queries."""
