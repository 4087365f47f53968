"""Dynamic providers of what the Kubernetes provider has no resource for."""
