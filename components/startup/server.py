"""What the end of llama-server's log means, and what to do about it."""

from __future__ import annotations

from components.startup.ending import KILLED, Program

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
        "The server's user may not read the model file: make the file, and the folders above it, readable for all. "
        "Where they are, SELinux forbids it (Fedora, RHEL and their like): `pulumi config set modelDelivery volume`.",
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
    (
        r"no kernel image is available",
        "It is not compiled for this GPU: add its compute capability (`nvidia-smi --query-gpu=compute_cap "
        "--format=csv`, 6.1 is 61) to imageCudaArchitectures.",
    ),
    (
        r"failed to open file '/run/secrets",
        "The volume with serverApiKey has lost its file: `pulumi up --replace '**Command::llama-server-key'` writes it "
        "again.",
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

SERVER = Program(
    name="llama-server",
    advice=_ADVICE,
    by_exit_code={KILLED: _MEMORY, _ILLEGAL_INSTRUCTION: _PROCESSOR},
    crashes=2,
    # An abort writes a long stack trace after the line that says what was wrong.
    searched=60,
)
