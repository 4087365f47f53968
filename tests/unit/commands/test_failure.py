"""Why a server does not come up: what is made of a container's state and of llama.cpp's words."""

import pytest

from components.commands.engine import State
from components.commands.failure import advice, ended


def state(status: str = "exited", code: int = 1, restarts: int = 0, *, out_of_memory: bool = False) -> State:
    return State(status=status, exit_code=code, out_of_memory=out_of_memory, restarts=restarts)


@pytest.mark.parametrize(
    ("found", "before", "expected"),
    [
        (state("exited"), 0, True),
        (state("dead"), 0, True),
        (state("running"), 0, False),
        (state("restarting", restarts=1), 0, False),
        (state("restarting", restarts=2), 0, True),
        (state("running", restarts=2), 0, True),
        # It was started again some time ago, by the engine's own restart for instance, and runs since.
        (state("running", restarts=7), 7, False),
        # An update that meets a container which has long been crashing need not wait for two crashes more.
        (state("restarting", restarts=7), 7, True),
    ],
    ids=str,
)
def test_a_container_that_ended_or_crashes_over_and_over_is_told_from_one_that_loads(
    found: State, before: int, expected: bool
) -> None:
    assert ended(found, before) is expected


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("error loading model: unknown model architecture: 'eurobert'", "llamaCppRef"),
        ("unknown pre-tokenizer type: 'jina-v5-nano'", "llamaCppRef"),
        ("gguf_init_from_reader: invalid magic characters: '????', expected 'GGUF'", "pulumi refresh"),
        ("tensor 'x' data is not within the file bounds, model is corrupted or incomplete", "pulumi refresh"),
        ("failed to open GGUF file '/models/x.gguf' (No such file or directory)", "modelDelivery"),
        ("failed to open GGUF file '/models/x.gguf' (Permission denied)", "readable"),
        ("error loading model: missing tensor 'token_embd.weight'", "modelFile"),
        ("ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 9", "serverMemory"),
        ('error while handling environment variable "LLAMA_ARG_X": unknown value', "serverExtraArguments"),
        ("CUDA driver version is insufficient for CUDA runtime version", "driver"),
    ],
)
def test_words_of_the_server_lead_to_what_to_do(line: str, says: str) -> None:
    assert says in advice(state(), [line, "srv llama_server: exiting due to model loading error"])


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (state(code=137), "serverMemory"),
        (state(code=1, out_of_memory=True), "serverMemory"),
        (state(code=132), "another processor"),
        (state(code=1), "Its log says why"),
    ],
    ids=str,
)
def test_where_the_log_says_nothing_the_way_it_ended_does(found: State, says: str) -> None:
    assert says in advice(found, [])
