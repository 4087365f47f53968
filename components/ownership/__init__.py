"""The id under which a stack owns what it made in Docker and in Elasticsearch."""
