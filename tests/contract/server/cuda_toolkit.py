"""A CUDA toolkit as far as it compiles, put together from NVIDIA's packages on the Python package index."""

import shutil
import sys
import zipfile
from pathlib import Path

from components.say import Say
from sandbox.machine.cache import entry
from sandbox.machine.process import run

PACKAGES = (
    "nvidia-cuda-nvcc==13.0.88",
    "nvidia-cuda-crt==13.0.88",
    "nvidia-nvvm==13.0.88",
    "nvidia-cuda-runtime==13.0.96",
    "nvidia-cuda-cccl==13.0.85",
    "nvidia-cublas==13.0.2.14",
)
"""523 MB, of which 421 MB are cuBLAS. The 12.x packages hold no nvcc, so this is newer than the default base image."""

FOLDER = "nvidia/cu13"
DOWNLOAD_SECONDS = 400.0

LIBRARIES = ("libcudart.so", "libcublas.so", "libcublasLt.so", "stubs/libcuda.so")
"""What cmake looks for by name. Nothing is linked, so these stay empty and the real ones are not kept."""


def ensure_cuda_toolkit(cache: Path, say: Say) -> Path:
    """Return a folder to stand for /usr/local/cuda, downloading the packages when there is none (a minute).

    Raises SandboxError when they cannot be downloaded.
    """

    def build(folder: Path) -> None:
        say("downloading NVIDIA's compiler and headers from the package index (523 MB)")
        wheels = folder / "wheels"
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries", "1"]
        run([*pip, "--dest", wheels, *PACKAGES], cache / "cuda-toolkit.log", timeout=DOWNLOAD_SECONDS)
        for wheel in wheels.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder, [name for name in archive.namelist() if name.startswith(FOLDER)])
        shutil.rmtree(wheels)
        _complete(folder / FOLDER)

    return entry(cache, f"cuda-toolkit-{PACKAGES[0].partition('==')[2]}", build) / FOLDER


def _complete(toolkit: Path) -> None:
    """Make of the packages' files what a toolkit is: programs that can be run, and libraries under their names."""
    for program in (*(toolkit / "bin").glob("*"), *(toolkit / "nvvm/bin").glob("*")):
        program.chmod(0o755)
    for library in (toolkit / "lib").glob("lib*.so.*"):
        library.unlink()
    (toolkit / "lib/stubs").mkdir()
    for name in LIBRARIES:
        (toolkit / "lib" / name).touch()
    (toolkit / "lib64").symlink_to("lib")
