"""The stand-in for the Elasticsearch image refuses what the real one refuses, in the same words."""
