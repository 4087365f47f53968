"""The stack's images: built for CPU or CUDA, or a prebuilt one."""

from components.image.built import BuiltImage, BuiltImageArgs, ImageBuilds
from components.image.component import ServerImage, ServerImageArgs

__all__ = ["BuiltImage", "BuiltImageArgs", "ImageBuilds", "ServerImage", "ServerImageArgs"]
