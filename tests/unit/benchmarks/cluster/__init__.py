"""The comparison of one machine with a cluster."""
