"""Both Dockerfiles, as text: what they declare, what ends up in the image, and who runs it."""

import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from components.image.component import DOCKERFILES, build_arguments
from components.image.recipe import copied_files
from components.server.container import PORT
from components.settings import ImageSettings
from components.settings.schema import Device
from tests.unit.docker.dockerfile import FOLDER, NAMES, Instruction, argument, declared, pairs, read

SETTINGS = ImageSettings(
    llama_cpp_repository="https://example.org/llama.cpp.git",
    llama_cpp_ref="some-branch",
    name="server",
    base="debian:some",
    cuda_devel_base="cuda:devel",
    cuda_runtime_base="cuda:runtime",
    cuda_architectures="90",
    build_jobs=3,
    build_network="default",
    build_ca_certificate="",
    apt_mirror="",
    packages_date="",
    platform="",
    prebuilt="",
    gateway_prebuilt="",
    registry="",
    pull_secrets=(),
)

DEFAULTS = {
    "LLAMA_CPP_REPOSITORY": "llamaCppRepository",
    "LLAMA_CPP_REF": "llamaCppRef",
    "LLAMA_CPP_VERSION": "llamaCppRef",
    "BUILD_JOBS": "imageBuildJobs",
    "PACKAGES_DATE": "imagePackagesDate",
    "BASE_IMAGE": "imageBase",
    "CUDA_DEVEL_IMAGE": "imageCudaDevelBase",
    "CUDA_RUNTIME_IMAGE": "imageCudaRuntimeBase",
    "CUDA_ARCHITECTURES": "imageCudaArchitectures",
}
"""Build arguments, and the settings in Pulumi.yaml that they come from."""

both = pytest.mark.parametrize("name", NAMES)
EVERY = (*NAMES, "gateway/Dockerfile")
every = pytest.mark.parametrize("name", EVERY)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_declares_exactly_the_build_arguments_that_the_component_gives(device: Device) -> None:
    name = Path(DOCKERFILES[device]).name
    given = build_arguments(device, SETTINGS, "c" * 40)
    # That one every image of the stack may be given.
    assert set(declared(name)) == {*given, "PACKAGES_DATE"}


@both
def test_defaults_are_those_of_the_settings(name: str) -> None:
    settings = yaml.safe_load((FOLDER.parent / "Pulumi.yaml").read_text())["config"]
    defaults = declared(name)
    for key, default in defaults.items():
        assert default == str(settings[DEFAULTS[key]]["default"])


@both
def test_every_stage_declares_the_arguments_that_it_uses_and_uses_those_that_it_declares(name: str) -> None:
    dockerfile = read(name)
    used_by_from = set().union(
        *(Instruction("FROM", stage.base).variables for stage in dockerfile.stages.values())
    )
    assert used_by_from == set(dockerfile.arguments)
    for stage in dockerfile.stages.values():
        known: set[str] = set()
        for instruction in stage.instructions:
            if instruction.keyword == "ARG":
                known.add(argument(instruction.value)[0])
            else:
                assert instruction.variables <= known, stage.name
        used = set().union(*(one.variables for one in stage.instructions if one.keyword != "ARG"))
        assert used == known, stage.name


@both
def test_defaults_of_an_argument_agree_between_stages(name: str) -> None:
    defaults: dict[str, set[str]] = {}
    for stage in read(name).stages.values():
        for value in stage.all("ARG"):
            key, default = argument(value)
            defaults.setdefault(key, set()).add(default)
    assert all(len(values) == 1 for values in defaults.values())


@both
def test_needs_no_frontend_beside_the_one_of_the_engine(name: str) -> None:
    text = read(name).text
    assert not re.search(r"^#\s*syntax", text, re.MULTILINE | re.IGNORECASE)
    assert "<<" not in text


@both
def test_a_plain_build_returns_the_server(name: str) -> None:
    final = read(name).final
    assert final.name == "server"
    assert final.all("ENTRYPOINT") == ['["/opt/llama.cpp/llama-server"]']


@both
def test_runs_as_a_numeric_user_that_is_not_root(name: str) -> None:
    (user,) = read(name).final.all("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert read(name).final.instructions[-1].keyword in {"USER", "ENTRYPOINT"}


@both
def test_the_image_holds_nothing_of_the_toolchain(name: str) -> None:
    dockerfile = read(name)
    lineage = dockerfile.lineage(dockerfile.final)
    assert not {"toolchain", "source", "build"} & {stage.name for stage in lineage}
    installed = re.findall(
        r"sh /run/install-packages ([^&]+)", " ".join(run for stage in lineage for run in stage.all("RUN"))
    )
    assert [packages.split() for packages in installed] == [["libgomp1"]]
    copied = [value for stage in lineage for value in stage.all("COPY") if "--from" in value]
    beside = ["--from=onednn /opt/onednn /opt/llama.cpp"] if name == "Dockerfile" else []
    assert copied == ["--from=collect-server /opt/llama.cpp /opt/llama.cpp", *beside]


@both
def test_the_server_listens_where_the_container_publishes_and_the_check_asks(name: str) -> None:
    final = read(name).final
    (environment,) = final.all("ENV")
    assert {key: value for key, value in pairs(environment).items() if key.startswith("LLAMA_")} == {
        "LLAMA_ARG_HOST": "0.0.0.0",
        "LLAMA_ARG_PORT": str(PORT),
    }
    assert final.all("EXPOSE") == [str(PORT)]
    (check,) = final.all("HEALTHCHECK")
    assert check.endswith('CMD ["/usr/local/bin/healthcheck"]')
    assert f":-{PORT}}}" in (FOLDER / "healthcheck.sh").read_text()


@both
def test_labels_say_what_the_image_was_built_from(name: str) -> None:
    (labels,) = read(name).final.all("LABEL")
    known = {key.removeprefix("org.opencontainers.image."): value for key, value in pairs(labels).items()}
    assert known["source"] == "${LLAMA_CPP_REPOSITORY}"
    assert known["revision"] == "${LLAMA_CPP_REF}"
    assert known["version"] == "${LLAMA_CPP_VERSION}"
    assert (
        "created" not in known
    )  # the image has its date itself; in a label it would make every build another image
    libraries = "" if name.endswith("cuda") else " AND Apache-2.0 AND BSD-2-Clause"
    assert known["licenses"] == f"MIT{libraries}"
    assert known["title"] == "llama-server"
    assert known["description"]
    final = read(name).lineage(read(name).final)[-1]
    assert known["base.name"] == final.base


@both
def test_what_is_told_of_the_commit_does_not_invalidate_what_was_compiled(name: str) -> None:
    used = [
        (stage.name, one.keyword)
        for stage in read(name).stages.values()
        for one in stage.instructions
        if one.keyword != "ARG" and "LLAMA_CPP_VERSION" in one.variables
    ]
    assert used == [("server", "LABEL")]


@every
def test_uses_files_that_the_context_lets_in(name: str) -> None:
    files = copied_files(read(name).text)
    assert "install-packages.sh" in files
    patterns = (FOLDER / ".dockerignore").read_text().splitlines()
    let_in = [pattern[1:] for pattern in patterns if pattern.startswith("!")]
    for file in files:
        assert any(found.is_file() for found in FOLDER.glob(file))
        assert any(fnmatch(file, pattern) for pattern in let_in)


@every
def test_files_have_modes_of_their_own_whatever_they_have_in_a_checkout(name: str) -> None:
    copied = [value for stage in read(name).stages.values() for value in stage.all("COPY")]
    of_the_context = [value for value in copied if not value.startswith("--from=")]
    assert of_the_context
    for value in of_the_context:
        wanted = "755" if value.split()[2].startswith("/usr/local/bin/") else "644"
        assert value.startswith(f"--chmod={wanted} ")


@every
def test_a_day_of_packages_makes_new_layers_of_what_is_in_the_image_and_compiles_nothing(name: str) -> None:
    dockerfile = read(name)
    dated = [
        stage
        for stage in dockerfile.stages.values()
        if any("PACKAGES_DATE" in one.variables for one in stage.instructions)
    ]
    assert len(dated) == 1
    assert dated[0] in dockerfile.lineage(dockerfile.final)


@every
def test_packages_come_by_the_one_script_that_knows_mirrors_and_certificates(name: str) -> None:
    runs = [run for stage in read(name).stages.values() for run in stage.all("RUN")]
    assert not [run for run in runs if "apt-get" in run]
    for run in runs:
        if "install-packages" in run:
            assert "type=secret,id=apt-mirror" in run
            assert "type=secret,id=ca-certificate" in run


@both
def test_a_package_cache_is_shared_by_one_distribution_only(name: str) -> None:
    device = "cuda" if name.endswith("cuda") else "cpu"
    caches = re.findall(r"type=cache,id=([\w-]+)", read(name).text)
    assert caches
    assert all(cache.startswith(f"llama-server-{device}-") for cache in caches)


def test_both_images_are_put_together_in_the_same_way() -> None:
    cpu, cuda = read("Dockerfile").stages, read("Dockerfile.cuda").stages
    assert [name for name in cpu if "quantize" not in name and name != "onednn"] == list(cuda)
    for name in ("toolchain", "source", "runtime", "server"):
        ours = [comparable(one) for one in cuda[name].instructions]
        theirs = [comparable(one) for one in cpu[name].instructions if "--from=onednn" not in one.value]
        assert ours == theirs


def comparable(instruction: Instruction) -> str:
    """Write an instruction without what must differ between the two: devices, bases, licences, NVIDIA's variables."""
    text = f"{instruction.keyword} {instruction.value}".replace("-cuda-", "-cpu-")
    text = text.replace("for NVIDIA GPUs", "for CPUs").replace("CUDA_RUNTIME_IMAGE", "BASE_IMAGE")
    text = text.replace(" AND Apache-2.0 AND BSD-2-Clause", "")
    return re.sub(r" NVIDIA_\w+=\S+", "", text)


@both
def test_a_stage_copies_from_those_that_compiled_and_no_other(name: str) -> None:
    copied = {
        stage.name: re.findall(r"--from=(\S+)", " ".join(stage.all("COPY")))
        for stage in read(name).stages.values()
    }
    froms = {target: source for target, source in copied.items() if source}
    tools = {} if name.endswith("cuda") else {"quantize": ["collect-quantize"]}
    beside = [] if name.endswith("cuda") else ["onednn"]
    assert froms == {**tools, "server": ["collect-server", *beside]}


def test_all_code_of_the_backend_is_in_its_build() -> None:
    patterns = [one for one in copied_files(read("Dockerfile").text) if one.startswith("onednn/")]
    copied = {file for pattern in patterns for file in FOLDER.glob(pattern)}
    assert copied == set((FOLDER / "onednn").iterdir()) != set()


@pytest.mark.parametrize(
    ("program", "options", "files"),
    [
        # DL3008 wants the versions of Debian's packages fixed, but a mirror keeps the newest alone.
        ("hadolint", ["--ignore", "DL3008"], [FOLDER / name for name in EVERY]),
        ("shellcheck", [], sorted(FOLDER.rglob("*.sh"))),
    ],
)
def test_linters_find_nothing(program: str, options: list[str], files: list[Path]) -> None:
    linter = Path(sys.executable).with_name(program)
    if not linter.exists():
        pytest.skip(f"{program} is not installed: pip install -r requirements-dev.txt")
    answer = subprocess.run([linter, *options, *files], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stdout) == (0, "")
