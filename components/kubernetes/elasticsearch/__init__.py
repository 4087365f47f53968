"""The stack's own Elasticsearch node in a cluster, for trials."""
