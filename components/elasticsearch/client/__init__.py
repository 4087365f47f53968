"""Requests to Elasticsearch: the connection, the retries, and what every failure means."""
