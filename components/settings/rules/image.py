"""Rules about the server's image."""

import re
from datetime import date
from urllib.parse import urlsplit

from components.settings.reader import SettingsReader
from components.settings.schema import Settings


def check_image(reader: SettingsReader, settings: Settings) -> None:
    """Note in `reader` every broken rule about the image."""
    image = settings.image
    built, runs = (cuda_version(base) for base in (image.cuda_devel_base, image.cuda_runtime_base))
    reader.require(
        not built or not runs or built == runs,
        f"imageCudaDevelBase has CUDA {built} and imageCudaRuntimeBase CUDA {runs}: the server is built against the "
        "libraries of the one and runs with those of the other, so it may not start, or compute on the CPU. "
        "Set both to the same version.",
        "imageCudaDevelBase",
        "imageCudaRuntimeBase",
    )
    address = urlsplit(image.llama_cpp_repository)
    reader.require(
        address.scheme not in ("http", "https") or "@" not in address.netloc,
        "llamaCppRepository has a user or token in it, which would be stored and shown in clear, in the image too: "
        "use an address without it, and imagePrebuilt for an image that is built from a private repository elsewhere.",
        "llamaCppRepository",
    )
    reader.require(
        _is_day(image.packages_date),
        f'imagePackagesDate is "{image.packages_date}": there is no such day.',
        "imagePackagesDate",
    )


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text or "2000-01-01")
    except ValueError:
        return False
    return True


def cuda_version(base: str) -> str:
    """Return the CUDA version in a tag such as nvidia/cuda:12.8.1-devel-ubuntu24.04; nothing if it has none."""
    tag = re.search(r"cuda:(\d+\.\d+(?:\.\d+)?)-(?:cudnn\d*-)?(?:devel|runtime)\b", base)
    return tag[1] if tag else ""
