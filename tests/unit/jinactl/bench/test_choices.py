"""Which values of settings can be measured beside the running server, and how a server with them is started."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from jinactl.bench.choices import Choice, choices
from jinactl.beside.server import ServerTemplate
from jinactl.outputs import facts_of
from tests.unit.jinactl.stack_outputs import OUTPUTS

BACKEND = "GGML_BACKEND_PATH=/opt/llama.cpp/libggml-onednn.so"
F32 = "GGML_ONEDNN_PRECISION=f32"
THREADS = "LLAMA_ARG_THREADS=2"


def found(folder: Path, environment: Sequence[str], *, on_gpu: bool = False) -> list[Choice]:
    served = replace(facts_of(OUTPUTS, "a test").served, file=str(folder / "v5-F16.gguf"))
    return list(choices(served, ServerTemplate("image", environment, []), multiplies_on_gpu=on_gpu))


@pytest.mark.parametrize(
    ("environment", "name", "wanted"),
    [
        ([THREADS], "serverOnednn auto", [THREADS, BACKEND]),
        ([BACKEND, THREADS], "serverOnednn off", [THREADS]),
        ([BACKEND, F32, THREADS], "serverOnednn auto", [THREADS, BACKEND]),
    ],
    ids=["off", "auto", "f32"],
)
def test_the_other_value_of_onednn_is_measured_with_the_stacks_own_model_file(
    environment: list[str], name: str, wanted: list[str], tmp_path: Path
) -> None:
    (one,) = found(tmp_path, environment)
    assert (one.name, list(one.template.environment), one.model) == (name, wanted, tmp_path / "v5-F16.gguf")


def test_quants_are_measured_where_their_files_are_there_already(tmp_path: Path) -> None:
    for name in ("v5-F16.gguf", "v5-Q6_K.gguf", "v5-strange.gguf"):
        (tmp_path / name).touch()
    (one,) = found(tmp_path, [BACKEND], on_gpu=True)
    assert (one.name, one.model, one.template.environment) == (
        "quant Q6_K",
        tmp_path / "v5-Q6_K.gguf",
        [BACKEND],
    )
    assert "embeds all documents again; `jinactl evaluate --quants F16,Q6_K`" in one.remark


@pytest.mark.parametrize(
    ("stack", "command"),
    [
        ("", "pulumi config set serverOnednn auto && pulumi up"),
        ("gpu", "pulumi config set serverOnednn auto -s gpu && pulumi up -s gpu"),
    ],
)
def test_the_command_names_the_stack_that_was_named(stack: str, command: str, tmp_path: Path) -> None:
    assert found(tmp_path, [])[0].command(stack) == command
