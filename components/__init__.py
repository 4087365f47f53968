"""The components of the stack: settings, model, image, server and Elasticsearch."""
