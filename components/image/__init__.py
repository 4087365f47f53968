"""The stack's images: built for CPU or CUDA, or a prebuilt one."""
