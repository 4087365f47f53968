"""Names that this project's documents, indices and pipelines share."""

CONTENT = "content"
VECTOR = "content_embedding"
DIGEST = "content_digest"
"""What text the embedding is of: its SHA-256, in lower-case hexadecimal digits."""

NO_PIPELINE = "_none"
"""Elasticsearch's own name for no pipeline."""
