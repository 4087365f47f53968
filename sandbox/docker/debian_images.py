"""Debian as the base of images: pulled where a registry answers, else made with debootstrap under the same name."""

import shutil
from hashlib import sha256
from pathlib import Path

from components.say import Say
from sandbox.docker.images import held, load_root, pull
from sandbox.machine.apt import as_root, ensure_installed
from sandbox.machine.cache import entry
from sandbox.machine.process import run
from sandbox.part import Part

LABEL = "jina-search.stand-in"
"""The label by which a person recognises an image that the sandbox made."""

BOOKWORM_SLIM = "debian:bookworm-slim"
TRIXIE = "jina-search/debian-trixie:1"

ROOT_FILES = {
    # What the official images set: no services are started in a container, no docs and no downloads are kept.
    "usr/sbin/policy-rc.d": "#!/bin/sh\nexit 101\n",
    "etc/apt/apt.conf.d/docker-clean": (
        'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };\n'
        'APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };\n'
        'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";\n'
    ),
    "etc/apt/apt.conf.d/docker-gzip-indexes": 'Acquire::GzipIndexes "true";\n',
    "etc/apt/apt.conf.d/docker-no-languages": 'Acquire::Languages "none";\n',
    "etc/dpkg/dpkg.cfg.d/docker": (
        "path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\n"
        "path-exclude /usr/share/man/*\npath-exclude /usr/share/info/*\npath-exclude /usr/share/locale/*\n"
        "path-include /usr/share/locale/locale.alias\n"
    ),
}

SLIMMING = (
    "cd {root}; rm -rf var/lib/apt/lists/* var/cache/apt/* var/log/*.log var/log/apt/* tmp/* "
    "usr/share/man/* usr/share/info/* usr/share/locale/*; "
    "find usr/share/doc -type f ! -name copyright -delete; find usr/share/doc -xtype l -delete; "
    "find usr/share/doc -type d -empty -delete; rm -f etc/resolv.conf etc/hostname"
)


def ensure_base_image(cache: Path, say: Say) -> Part:
    """Make sure that the engine holds the base of the server's image, and say whether it is the official one.

    Raises SandboxError when it can be neither pulled nor made.
    """
    if held(BOOKWORM_SLIM) is None and not pull(cache, say, BOOKWORM_SLIM):
        ensure_debian(cache, say, "bookworm", BOOKWORM_SLIM)
    found = held(BOOKWORM_SLIM)
    if found is not None and LABEL in found.labels:
        return Part("base image", False, f"stand-in for {BOOKWORM_SLIM}, made by debootstrap")
    return Part("base image", True, BOOKWORM_SLIM)


def ensure_debian(cache: Path, say: Say, suite: str, image: str) -> None:
    """Make sure that the engine holds `image`, a minimal Debian `suite`.

    An image of that name that is already there, official or not, is left as it is. The file system is kept in the
    cache as a tar file, so that a second import takes seconds.

    Raises SandboxError when the engine does not answer, debootstrap fails, or this user cannot become root.
    """
    if held(image) is not None:
        return
    archive = _root_archive(cache, say, suite)
    say(f"importing {image} (stand-in, made by debootstrap from Debian {suite})")
    changes = [
        'CMD ["bash"]',
        "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        f'LABEL {LABEL}="debootstrap minbase {suite}"',
    ]
    load_root(archive, image, changes)


def _root_archive(cache: Path, say: Say, suite: str) -> Path:
    """Return the tar file of a root file system from the cache, making it when there is none (30 s)."""
    recipe = repr((ROOT_FILES, SLIMMING))
    key = f"debian-{suite}-{sha256(recipe.encode()).hexdigest()[:12]}"

    def build(folder: Path) -> None:
        log = cache / f"{key}.log"
        ensure_installed(log, say, "debootstrap")
        say(f"making Debian {suite} with debootstrap (about half a minute)")
        root = folder / "root"
        privileged = as_root()
        try:
            run([*privileged, "debootstrap", "--variant=minbase", suite, root], log)
            _slim(privileged, root, folder, log)
            run([*privileged, "tar", "-C", root, "--numeric-owner", "-cf", folder / "root.tar", "."], log)
        finally:
            run([*privileged, "rm", "-rf", root], log)

    return entry(cache, key, build) / "root.tar"


def _slim(privileged: list[str], root: Path, folder: Path, log: Path) -> None:
    """Write ROOT_FILES into the file system and remove what a container does not need."""
    overlay = folder / "overlay"
    for name, content in ROOT_FILES.items():
        file = overlay / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(0o755 if "sbin" in name else 0o644)
    run([*privileged, "sh", "-ec", SLIMMING.format(root=root)], log)
    run([*privileged, "cp", "-r", "--no-preserve=ownership,timestamps", f"{overlay}/.", root], log)
    shutil.rmtree(overlay)
