"""By what a server multiplies, from its variables and the lines that ggml and the backend on oneDNN write."""

import pytest

from jinactl.kernels.said import multiplying

ASKED = {"GGML_BACKEND_PATH": "/opt/llama.cpp/libggml-onednn.so"}
F32 = {**ASKED, "GGML_ONEDNN_PRECISION": "f32"}
BEGINS = "0.00.001.321 I srv  llama_server: initializing ..."
LOADED = "load_backend: loaded oneDNN backend from /opt/llama.cpp/libggml-onednn.so"
BFLOAT16 = "0.00.005.326 W oneDNN 2.6.3, products of matrices in bfloat16"
OF_ATTENTION = "0.00.445.448 W resolve_fused_ops: Flash Attention is assigned to device oneDNN"
ABSENT = (
    "0.00.005.326 E load_backend: failed to load /opt/llama.cpp/libggml-onednn.so: /opt/llama.cpp/libggml-onednn.so: "
    "cannot open shared object file: No such file or directory"
)
WITHOUT_ITS_LIBRARY = (
    "load_backend: failed to load /opt/llama.cpp/libggml-onednn.so: libdnnl.so.2: "
    "cannot open shared object file"
)
NO_AVX2 = "load_backend: backend /opt/llama.cpp/libggml-onednn.so is not supported on this system"


INCOMPATIBLE = (
    "load_backend: failed to initialize backend from /opt/llama.cpp/libggml-onednn.so: incompatible API version "
    "(backend: 3, current: 2)"
)
OWN = "llama.cpp's own kernels: "


@pytest.mark.parametrize(
    ("environment", "log", "text", "failed"),
    [
        ({}, [BEGINS], f"{OWN}oneDNN is not asked for (serverOnednn is off)", False),
        (ASKED, [BEGINS, LOADED, BFLOAT16], "oneDNN, in bfloat16", False),
        (ASKED, [BEGINS, BFLOAT16.replace("bfloat16", "float32")], "oneDNN, in float32", False),
        (ASKED, [LOADED], "oneDNN", False),
        (ASKED, [BEGINS, OF_ATTENTION], "oneDNN", False),
        (F32, [BEGINS], "oneDNN, in float32, as far as the log of the start tells", False),
        (ASKED, [BEGINS, ABSENT], f"{OWN}oneDNN is not in the image", False),
        (
            ASKED,
            [BEGINS, WITHOUT_ITS_LIBRARY],
            f"{OWN}oneDNN could not be loaded (libdnnl.so.2: cannot open shared object file)",
            True,
        ),
        (
            ASKED,
            [BEGINS, INCOMPATIBLE],
            f"{OWN}oneDNN could not be loaded (incompatible API version (backend: 3, current: 2))",
            True,
        ),
        (ASKED, [BEGINS, NO_AVX2], f"{OWN}the processor has no AVX2", False),
        (
            ASKED,
            ["later lines"],
            "not told: oneDNN is asked for, and the log of the start is not there any more",
            False,
        ),
    ],
    ids="off loaded float32 early attention silent absent broken incompatible no-avx2 rotated".split(),
)
def test_what_multiplies_is_told_with_the_reason(
    environment: dict[str, str], log: list[str], text: str, failed: bool
) -> None:
    told = multiplying(environment, log, has_gpu=False)
    assert (told.text, told.failed) == (text, failed)


def test_on_a_gpu_no_setting_of_the_processor_counts() -> None:
    assert multiplying(ASKED, [ABSENT], has_gpu=True).text == "the GPU (cuda)"
