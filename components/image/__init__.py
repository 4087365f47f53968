"""The image with llama-server: built for CPU or CUDA, or a prebuilt one."""

from components.image.component import ServerImage, ServerImageArgs

__all__ = ["ServerImage", "ServerImageArgs"]
