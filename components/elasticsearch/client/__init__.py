"""Requests to Elasticsearch: the connection, the retries, and the errors that failures become."""
