"""The stack on which the commands are tested."""

from tests.contract.elasticsearch.conftest import client, connection, model, node, wanted

__all__ = ["client", "connection", "model", "node", "wanted"]
