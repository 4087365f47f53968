"""The gateway: the one place that knows roles, prefixes, dims and lanes. It stands in front of the llama-servers."""
