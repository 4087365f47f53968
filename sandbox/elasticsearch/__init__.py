"""The image elasticsearch:9.5.3: the official one where it can be pulled, else a stand-in made of published jars."""

from sandbox.elasticsearch.image import ensure_image

__all__ = ["ensure_image"]
