"""The Docker engine, and base images for it, where Docker Hub cannot be reached."""
