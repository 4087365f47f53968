"""Elasticsearch: the node or a connection to one, and the index that searches by meaning.

The modules beside `component` and `node` import no pulumi, so that tests and command lines can use them.
"""
