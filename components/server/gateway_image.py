"""What the gateway's image is built from."""

from components.settings import ImageSettings

DOCKERFILE = "docker/gateway/Dockerfile"


def build_arguments(settings: ImageSettings) -> dict[str, str]:
    """Return the build arguments of the gateway's image: it stands on the base of the server's image for CPUs."""
    return {"BASE_IMAGE": settings.base}
