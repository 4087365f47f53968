"""The file from which a container of the server reads the API key."""

import pulumi

from components.container.secret_file import SecretFile


def key_file(
    name: str,
    key: pulumi.Input[str] | None,
    *,
    volume_name: str,
    image_id: pulumi.Input[str],
    engine: dict[str, pulumi.Input[str]],
    parent: pulumi.Resource,
) -> SecretFile | None:
    """Declare the file in a volume, for the user of the image, where there is a key."""
    if not key:
        return None
    return SecretFile(
        f"{name}-key",
        volume_name=volume_name,
        content=key,
        image_id=image_id,
        owner="",
        engine=engine,
        opts=pulumi.ResourceOptions(parent=parent),
    )
