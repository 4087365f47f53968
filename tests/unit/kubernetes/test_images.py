"""ClusterImages: what is built and pushed, and what is only named."""

import pytest

from components.kubernetes.images import ClusterImages, ClusterImagesArgs
from tests.unit.declared import Declared, declare, one
from tests.unit.project import stack_settings

COMMAND = "command:local:Command"
OWNER = "jina-search-k8s-0a1b2c"
SERVER, GATEWAY = "there.test/server@sha256:1", "there.test/gateway:1"


def images(**changes: object) -> tuple[list[Declared], dict[str, str]]:
    """Declare the images of the stack for a cluster; return what was declared, and what pods would name."""
    settings = stack_settings("k8s", **changes)
    named: dict[str, str] = {}

    def program() -> None:
        args = ClusterImagesArgs(
            owner=OWNER, device=settings.device, engine=settings.engine, settings=settings.image
        )
        made = ClusterImages("images", args)
        for key in ("image_id", "gateway", "commit"):
            getattr(made, key).apply(lambda value, key=key: named.update({key: value}))

    return declare(program, "k8s"), named


def programs(declared: list[Declared]) -> list[str]:
    return sorted(item.name for item in declared if item.type == COMMAND)


@pytest.mark.parametrize(
    ("changes", "run", "named"),
    [
        (
            {"imageRegistry": "registry.test/team"},
            ["gateway-build", "gateway-push", "llama-server-build", "llama-server-push"],
            {
                "image_id": "said by llama-server-push",
                "gateway": "said by gateway-push",
                "commit": "c" * 40,
            },
        ),
        (
            {"imageRegistry": "registry.test", "imagePrebuilt": SERVER},
            ["gateway-build", "gateway-push"],
            {"image_id": SERVER, "gateway": "said by gateway-push", "commit": ""},
        ),
        (
            {"imageRegistry": "registry.test", "gatewayImagePrebuilt": GATEWAY},
            ["llama-server-build", "llama-server-push"],
            {"image_id": "said by llama-server-push", "gateway": GATEWAY, "commit": "c" * 40},
        ),
        (
            {"imagePrebuilt": SERVER, "gatewayImagePrebuilt": GATEWAY},
            [],
            {"image_id": SERVER, "gateway": GATEWAY, "commit": ""},
        ),
    ],
    ids=["both built", "server prebuilt", "gateway prebuilt", "both prebuilt"],
)
def test_what_is_not_there_already_is_built_and_pushed(
    changes: dict[str, object], run: list[str], named: dict[str, str]
) -> None:
    declared, seen = images(**changes)
    assert (programs(declared), seen) == (run, named)


def test_nothing_is_of_the_docker_provider_which_asks_an_engine_even_in_previews() -> None:
    declared, _ = images(imageRegistry="registry.test", imagePrebuilt=SERVER)
    assert [item.type for item in declared if item.type.startswith("docker:")] == []


def test_with_both_prebuilt_nothing_asks_an_engine() -> None:
    declared, _ = images(imagePrebuilt=SERVER, gatewayImagePrebuilt=GATEWAY)
    assert [item.type for item in declared] == ["jina:kubernetes:ClusterImages"]


def test_an_image_is_pushed_by_its_content_under_the_name_of_its_recipe() -> None:
    declared, _ = images(imageRegistry="registry.test:5000/team", imageName="mine")
    push = one(declared, COMMAND, "gateway-push")
    environment = push.inputs["environment"]
    assert environment["IMAGE_PUSH_NAME"] == f"registry.test:5000/team/mine:gateway-{'0' * 12}-{OWNER}"
    assert environment["IMAGE_PUSH_IMAGE"].startswith("sha256:image-")
    assert push.inputs["create"].endswith(" -m components.commands.image_push")
    assert push.inputs["update"] == push.inputs["create"]
