"""Everything that declares objects in a Kubernetes cluster, or asks one."""
