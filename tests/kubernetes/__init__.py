"""What needs a real cluster of Kubernetes: `make test-kubernetes` compiles, starts and removes it."""
