"""The Docker network that joins the containers of one stack."""

from components.network.component import StackNetwork, StackNetworkArgs

__all__ = ["StackNetwork", "StackNetworkArgs"]
