"""Says why a llama-server does not come up, from its container's state and its own last words, and what to do."""

from __future__ import annotations

import re

from components.commands.engine import Container, State

LINES = 12
"""So many lines of the server's log are shown."""

CRASHES = 2
"""So many starts in vain, and a container is taken to crash whenever it is started."""

_KILLED = 137
_ILLEGAL_INSTRUCTION = 132

_MEMORY = (
    "It needs more memory than it may have: raise serverMemory, or lower serverUbatchSize and serverContextSize "
    "(with them the buffers shrink), or choose a smaller quant."
)
_PROCESSOR = (
    "It was built for another processor than this machine's: build it here, or take an image for all of them."
)

# Words of llama.cpp (build 11434) and the C library, the more telling ones first.
_ADVICE = (
    (
        r"unknown model architecture",
        "This build of llama.cpp does not know the model's architecture: set llamaCppRef, and llamaCppRepository, to "
        "one that does, or modelFile to a model that this one knows.",
    ),
    (
        r"unknown pre-tokenizer",
        "This build of llama.cpp does not know how the model splits texts: set llamaCppRef, and llamaCppRepository, "
        "to one that does.",
    ),
    (
        r"failed to open GGUF file .*No such file",
        "The container does not see the model file. Where the Docker engine is on another machine, set modelDelivery "
        "to volume.",
    ),
    (
        r"failed to open GGUF file .*Permission denied",
        "The server's user may not read the model file: make the file, and the folders above it, readable for all.",
    ),
    (
        r"invalid magic|not within the file bounds|corrupted or incomplete|failed to read|unexpectedly reached end",
        "The model file is damaged: `pulumi refresh` finds out, and `pulumi up` then fetches it again.",
    ),
    (
        r"missing tensor|wrong number of tensors|wrong shape|key not found in model|error loading model hyper",
        "The model file is not one that this build of llama.cpp can run: correct modelFile, or set llamaCppRef to "
        "another version.",
    ),
    (r"unable to allocate|failed to allocate|out of memory|cudaMalloc failed|bad_alloc", _MEMORY),
    (
        r"while handling environment variable|error while handling argument|invalid argument",
        "It refuses one of its settings: correct serverExtraArguments, or the setting that the message names.",
    ),
    (
        r"CUDA driver version is insufficient|no CUDA-capable device",
        "It cannot use the GPU: update the NVIDIA driver, or set imageCudaDevelBase and imageCudaRuntimeBase to a "
        "CUDA version that the driver supports.",
    ),
)


def ended(state: State, restarts_before: int) -> bool:
    """Tell whether the container has ended for good, or crashes whenever it is started."""
    if state.status in ("exited", "dead"):
        return True
    since = state.restarts - restarts_before
    return since >= CRASHES or (state.status == "restarting" and state.restarts >= CRASHES)


def describe(container: Container, state: State) -> str:
    """Say what became of the container, what to do, and the end of its log."""
    lines = container.last_lines(LINES)
    how = (
        "was killed for want of memory" if state.out_of_memory else f"ended with exit code {state.exit_code}"
    )
    again = f", {state.restarts} times in a row" if state.restarts >= CRASHES else ""
    shown = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
    return (
        f"llama-server {how}{again} in container {container.name}. {advice(state, lines)}\n"
        f"Its last lines:\n{shown}"
    )


def advice(state: State, lines: list[str]) -> str:
    """Say what to do about a server that ended in this state after these lines of its log."""
    log = "\n".join(lines)
    for pattern, what_to_do in _ADVICE:
        if re.search(pattern, log):
            return what_to_do
    if state.out_of_memory or state.exit_code == _KILLED:
        return _MEMORY
    if state.exit_code == _ILLEGAL_INSTRUCTION:
        return _PROCESSOR
    return "Its log says why; correct the settings that it names, and run `pulumi up` again."
