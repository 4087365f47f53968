"""The stand-in for Pulumi's docker plugin: the resources that a stack of containers needs, on the real engine.

Behaviour follows pulumi-docker 5.2.0, which serves `Image` itself and bridges the rest from terraform-provider-docker.
"""
