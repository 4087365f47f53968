"""The script that compiles llama-server, run as it is, with programs of ours in place of compilers."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.docker.scripts import run, write_program

AMD64 = ("x64", "haswell", "skylakex", "icelake")
ARM64 = ("armv8.0_1", "armv8.2_2", "armv8.6_1", "armv8.6_2")
LIST = """
if (GGML_SYSTEM_ARCH STREQUAL "x86")
    ggml_add_cpu_backend_variant(x64)
    ggml_add_cpu_backend_variant(sse42              SSE42)
    if (NOT MSVC)
        ggml_add_cpu_backend_variant(piledriver     SSE42 AVX F16C FMA)
    endif()
    ggml_add_cpu_backend_variant(haswell            SSE42 AVX F16C FMA AVX2 BMI2)
    ggml_add_cpu_backend_variant(skylakex           SSE42 AVX F16C FMA AVX2 BMI2 AVX512)
    ggml_add_cpu_backend_variant(icelake            SSE42 AVX F16C FMA AVX2 BMI2 AVX512 AVX512_VBMI AVX512_VNNI)
elseif(GGML_SYSTEM_ARCH STREQUAL "ARM")
    ggml_add_cpu_backend_variant(armv8.0_1)
    ggml_add_cpu_backend_variant(armv8.2_1    DOTPROD)
    ggml_add_cpu_backend_variant(armv8.2_2    DOTPROD FP16_VECTOR_ARITHMETIC)
    ggml_add_cpu_backend_variant(armv8.6_1    DOTPROD FP16_VECTOR_ARITHMETIC SVE MATMUL_INT8)
    ggml_add_cpu_backend_variant(armv8.6_2    DOTPROD FP16_VECTOR_ARITHMETIC SVE MATMUL_INT8 SVE2)
endif()
"""
"""The variants as ggml/src/CMakeLists.txt of llama.cpp lists them (shortened)."""


class Build:
    """A source tree with LIST, and programs that write down how they are called."""

    def __init__(self, folder: Path, machine: str = "x86_64", cores: int = 4) -> None:
        self.source, self.build, self.programs = folder / "source", folder / "build", folder / "programs"
        self.list = self.source / "ggml/src/CMakeLists.txt"
        self.list.parent.mkdir(parents=True)
        self.list.write_text(LIST)
        self.calls = folder / "calls"
        for name in ("cmake", "ccache"):
            write_program(self.programs, name, f'echo "{name} $*" >>"{self.calls}"')
        write_program(self.programs, "uname", f"echo {machine}")
        write_program(self.programs, "nproc", f"echo {cores}")

    def run(self, *options: str, **env: str) -> subprocess.CompletedProcess[str]:
        return run("build.sh", self.source, self.build, *options, programs=self.programs, **env)

    @property
    def variants(self) -> list[str]:
        lines = self.list.read_text().splitlines()
        return [line.strip().partition("(")[2].strip(" )").split()[0] for line in lines if "variant(" in line]


@pytest.mark.parametrize(
    ("machine", "chosen"),
    [("x86_64", AMD64), ("aarch64", ARM64)],
)
def test_compiles_the_chosen_processors_of_the_machine_alone(
    machine: str, chosen: tuple[str, ...], tmp_path: Path
) -> None:
    build = Build(tmp_path, machine)
    assert build.run().returncode == 0
    assert build.variants == list(chosen)
    assert build.list.read_text().count("if") == LIST.count("if")


def test_says_which_processor_the_source_does_not_know(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.list.write_text(LIST.replace("(icelake ", "(lakes "))
    answer = build.run()
    assert answer.returncode == 1
    assert "does not know the processor variant icelake" in answer.stderr
    assert not build.calls.exists()


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("    bool has_logits     = true;", "    bool has_logits     = !cparams.embeddings;"),
        ("    bool has_logits = true;", "    bool has_logits = !cparams.embeddings;"),
        ("        has_logits = true;", "        has_logits = true;"),
    ],
)
def test_a_server_of_embeddings_reserves_no_scores_of_words_where_the_source_would(
    line: str, becomes: str, tmp_path: Path
) -> None:
    build = Build(tmp_path)
    context = build.source / "src/llama-context.cpp"
    context.parent.mkdir()
    context.write_text(f"{line}\n")
    answer = build.run()
    assert answer.returncode == 0
    assert context.read_text() == f"{becomes}\n"
    assert ("set serverMemory by what the server takes" in answer.stdout) is (line == becomes)


def test_refuses_another_architecture(tmp_path: Path) -> None:
    answer = Build(tmp_path, "riscv64").run()
    assert answer.returncode == 1
    assert "x86_64 and aarch64, and this is riscv64" in answer.stderr


def test_builds_portably_and_downloads_nothing(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.run("-DGGML_CUDA=ON", "-DCMAKE_CUDA_ARCHITECTURES=80;90")
    configure, compile_, statistics = build.calls.read_text().splitlines()
    for option in (
        "GGML_NATIVE=OFF",
        "GGML_BACKEND_DL=ON",
        "GGML_CPU_ALL_VARIANTS=ON",
        "BUILD_SHARED_LIBS=ON",
        "LLAMA_CURL=OFF",
        "LLAMA_BUILD_UI=OFF",
        "LLAMA_BUILD_WEBUI=OFF",
        "LLAMA_USE_PREBUILT_UI=OFF",
        "LLAMA_BUILD_TESTS=OFF",
        "LLAMA_BUILD_EXAMPLES=OFF",
        "CMAKE_INSTALL_RPATH=$ORIGIN",
        "GGML_CUDA=ON",
        "CMAKE_CUDA_ARCHITECTURES=80;90",
    ):
        assert f"-D{option}" in configure.split()
    assert compile_.endswith("--target llama-server")
    assert statistics.startswith("ccache")


@pytest.mark.parametrize(
    ("asked", "cores", "gibibytes", "jobs"),
    [
        ("3", 16, 64, 3),
        ("0", 4, 64, 4),
        ("", 4, 64, 4),
        ("0", 16, 6, 4),
        ("0", 8, 1, 1),
    ],
)
def test_runs_as_many_compilers_as_asked_or_as_cores_and_memory_allow(
    asked: str, cores: int, gibibytes: int, jobs: int, tmp_path: Path
) -> None:
    build = Build(tmp_path, cores=cores)
    # The script asks awk for the memory of the machine; every other program of awk is run as it is.
    kibibytes = gibibytes * 1024 * 1024
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: 99 kB\nMemAvailable:   {kibibytes} kB\n")
    awk = f'case "$2" in /proc/meminfo) exec /usr/bin/awk "$1" {meminfo};; *) exec /usr/bin/awk "$@";; esac'
    write_program(build.programs, "awk", awk)
    assert build.run(BUILD_JOBS=asked).returncode == 0
    assert f"--parallel {jobs} " in build.calls.read_text()


COMPILE_FAILS = """
case "$1" in --build) ;; *) exit 0 ;; esac
for number in 1 2 3; do echo "[$number/900] Building CXX object src/$number.cpp.o"; done
{failure}
for number in $(seq 50); do echo "[$number/900] Building CXX object src/other-$number.cpp.o"; done
echo "ninja: build stopped: subcommand failed."
exit 1
"""


@pytest.mark.parametrize(
    ("failure", "said", "hint"),
    [
        (
            "echo src/llama.cpp:7:3: error: expected expression; echo src/llama.cpp:9:3: error: no x",
            ["src/llama.cpp:7:3: error: expected expression", "src/llama.cpp:9:3: error: no x"],
            False,
        ),
        (
            "echo 'src/a.cpp:1:10: fatal error: b.h: No such file'",
            ["src/a.cpp:1:10: fatal error: b.h: No such file"],
            False,
        ),
        (
            "echo 'mmq.cu(12): error: identifier is undefined' >&2",
            ["mmq.cu(12): error: identifier is undefined"],
            False,
        ),
        (
            "echo \"nvcc fatal   : Unsupported gpu architecture 'compute_120'\"",
            ["nvcc fatal   : Unsupported gpu architecture 'compute_120'"],
            False,
        ),
        (
            "echo \"nvcc error   : 'ptxas' died due to signal 11\"",
            ["nvcc error   : 'ptxas' died due to signal 11"],
            False,
        ),
        (
            "echo \"nvcc error   : 'cicc' died due to signal 9 (Kill signal)\"",
            ["nvcc error   : 'cicc' died due to signal 9 (Kill signal)"],
            True,
        ),
        (
            "echo 'cc.s:12: Error: no such instruction: vdpbf16ps'",
            ["cc.s:12: Error: no such instruction: vdpbf16ps"],
            False,
        ),
        ("echo 'a.o: undefined reference to `f()'", ["a.o: undefined reference to `f()"], False),
        (
            "echo 'ld: cannot find -lcuda: No such file'; echo 'collect2: error: ld returned 1 exit status'",
            ["ld: cannot find -lcuda: No such file", "collect2: error: ld returned 1 exit status"],
            False,
        ),
        (
            "echo 'b.cpp: multiple definition of f'; echo 'collect2: error: ld returned 1 exit status'",
            ["b.cpp: multiple definition of f", "collect2: error: ld returned 1 exit status"],
            False,
        ),
        (
            "echo 'g++: fatal error: Killed signal terminated program cc1plus'",
            ["g++: fatal error: Killed signal terminated program cc1plus"],
            True,
        ),
        ("echo 'for a reason of its own'", ["ninja: build stopped: subcommand failed."], False),
    ],
)
def test_a_failed_compilation_ends_with_the_compilers_own_errors(
    failure: str, said: list[str], hint: bool, tmp_path: Path
) -> None:
    build = Build(tmp_path)
    write_program(build.programs, "cmake", COMPILE_FAILS.replace("{failure}", failure))
    answer = build.run(BUILD_JOBS="3")
    assert answer.returncode == 1
    assert "[2/900]" in answer.stdout  # shown as it comes
    first, *rest = answer.stderr.splitlines()
    assert first.startswith("Compiling failed after 0 min ")
    assert ("imageBuildJobs" in rest[-1] and "3 ran at a time" in rest[-1]) is hint
    reasons = rest[:-1] if hint else rest
    assert reasons[-len(said) :] == said
    assert len(reasons) <= 20


def test_many_errors_are_shown_once_each_and_not_all(tmp_path: Path) -> None:
    build = Build(tmp_path)
    many = "for number in $(seq 40); do echo a.cpp:$number: error: no; echo a.cpp:$number: error: no; done"
    write_program(build.programs, "cmake", COMPILE_FAILS.replace("{failure}", many))
    shown = build.run().stderr.splitlines()[1:]
    assert shown == [f"a.cpp:{number}: error: no" for number in range(1, 21)]


def test_a_compilation_ends_with_how_long_it_took(tmp_path: Path) -> None:
    answer = Build(tmp_path).run()
    assert re.fullmatch(r"Compiled llama-server in 0 min \d s", answer.stdout.splitlines()[-1])
