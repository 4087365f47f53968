"""The image of the stand-in for Elasticsearch, without an engine."""
