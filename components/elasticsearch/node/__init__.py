"""The stack's own Elasticsearch node: its container, volumes and superuser."""
