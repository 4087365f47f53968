"""llama-server compiled for the processor of this machine alone, to measure the portable image against."""

from pathlib import Path

from components.say import Say
from sandbox.llama_cpp.repository import BRANCH, REPOSITORY, VERSION, ensure_repositories
from sandbox.machine.apt import ensure_installed
from sandbox.machine.cache import entry
from sandbox.machine.process import run

BUILD_SECONDS = 3600.0

OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DGGML_NATIVE=ON",
    "-DGGML_CCACHE=OFF",
    "-DGGML_ALL_WARNINGS=OFF",
    "-DLLAMA_ALL_WARNINGS=OFF",
    "-DLLAMA_BUILD_SERVER=ON",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_BUILD_WEBUI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_CURL=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_SUBPROCESS=OFF",
)
"""As docker/build.sh compiles, but for one processor and into one program."""


def ensure_native_server(cache: Path, say: Say) -> Path:
    """Return the program, compiling it when there is none (about 6 minutes on 2 cores).

    Raises SandboxError when a tool cannot be installed or the compilation fails.
    """

    def build(folder: Path) -> None:
        log = cache / "llama-server-native.log"
        ensure_installed(log, say, "cmake", "ninja-build", "g++")
        source, objects = folder / "source", folder / "build"
        repository = ensure_repositories(cache, say) / REPOSITORY
        run(["git", "clone", "--quiet", "--branch", BRANCH, repository, source], log)
        say("compiling llama-server for this processor alone (about 6 minutes on 2 cores)")
        run(["cmake", "-S", source, "-B", objects, "-G", "Ninja", *OPTIONS], log)
        run(["cmake", "--build", objects, "--target", "llama-server"], log, timeout=BUILD_SECONDS)
        (objects / "bin" / "llama-server").rename(folder / "llama-server")
        run(["rm", "-rf", source, objects], log)

    return entry(cache, f"llama-server-native-{VERSION}", build) / "llama-server"
