"""A cluster of Kubernetes on this machine: the real programs of it, compiled from their Go modules."""
