"""Elasticsearch: the node or a connection to one, and the index that searches by meaning.

Only `component`, `inputs`, `node`, `cluster.component` and `dynamic` import pulumi: tests and command lines use the
rest.
"""
