"""The Elasticsearch image: pulled where a registry answers, else built here."""

import contextlib
import time
from hashlib import sha256
from pathlib import Path

from docker.client import DockerClient
from docker.errors import APIError

from components.say import Say
from sandbox.docker.cli import buildkit_cli
from sandbox.docker.debian_images import LABEL, TRIXIE, ensure_debian
from sandbox.docker.images import held, pull
from sandbox.machine.process import run
from sandbox.part import Part

IMAGE = "elasticsearch:9.5.3"
RECIPE_LABEL = "jina-search.recipe"
FOLDER = Path(__file__).parent
WHAT = "the 9.5.3 server jars with stand-ins for inference, security, license and ingest"

OWN_CERTIFICATES = Path("/usr/local/share/ca-certificates")
"""Where Debian and Ubuntu keep the certificates that an administrator added."""

BUILD_SECONDS = 1800


def ensure_image(cache: Path, say: Say, image: str = IMAGE) -> Part:
    """Make sure that the engine holds `image`, and say whether it is the official one or the stand-in.

    An official image that is there is left as it is. A stand-in that is there is used as long as its recipe has not
    changed. Otherwise the registry is asked, at most once a day, and if it does not answer the stand-in is built (1
    to 3 minutes the first time, half a minute after a change of its recipe).

    Raises SandboxError when the engine does not answer, or the build fails.
    """
    recipe = recipe_hash()
    found = held(image)
    if found is not None and LABEL not in found.labels:
        return Part("Elasticsearch", real=True, what=image)
    if found is not None and found.labels.get(RECIPE_LABEL) == recipe:
        return _stand_in(image)
    if pull(cache, say, image):
        return Part("Elasticsearch", real=True, what=image)
    _build(cache, say, image, recipe)
    if found is not None:
        with contextlib.suppress(APIError):  # a container may still be on it
            DockerClient.from_env().images.remove(found.id)
    return _stand_in(image)


def recipe_hash() -> str:
    """Return a hash of what the stand-in is made of: the files of this folder, without Python, and the base image."""
    recipe = sha256(TRIXIE.encode())
    for file in sorted(FOLDER.rglob("*")):
        if file.is_file() and file.suffix not in {".py", ".pyc"}:
            recipe.update(f"\0{file.relative_to(FOLDER)}\0".encode() + file.read_bytes())
    return recipe.hexdigest()[:16]


def _stand_in(image: str) -> Part:
    return Part("Elasticsearch", real=False, what=f"stand-in for {image}: {WHAT}")


def _build(cache: Path, say: Say, image: str, recipe: str) -> None:
    ensure_debian(cache, say, "trixie", TRIXIE)
    say(f"building the stand-in for {image} (1 to 3 minutes the first time)")
    started = time.monotonic()
    labels = {LABEL: WHAT, RECIPE_LABEL: recipe}
    options = [f"--label={name}={value}" for name, value in labels.items()]
    certificates = _own_certificates(cache)
    options += [f"--secret=id=certificates,src={certificates}", "--network=host", "--progress=plain"]
    run(
        [buildkit_cli(), "build", f"--build-arg=BASE={TRIXIE}", *options, f"--tag={image}", FOLDER],
        cache / "elasticsearch-image.log",
        env={"DOCKER_BUILDKIT": "1"},
        timeout=BUILD_SECONDS,
    )
    say(f"built the stand-in for {image} in {time.monotonic() - started:.0f} s")


def _own_certificates(cache: Path) -> Path:
    """Write the certificates that an administrator added to this machine, say for a proxy, into one file."""
    file = cache / "own-certificates.pem"
    file.write_text("".join(f"{own.read_text()}\n" for own in sorted(OWN_CERTIFICATES.rglob("*.crt"))))
    return file
