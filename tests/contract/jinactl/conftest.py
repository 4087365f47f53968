"""The stack that the commands are tried on."""

from tests.contract.elasticsearch.conftest import client, connection, model, node, wanted

__all__ = ["client", "connection", "model", "node", "wanted"]
