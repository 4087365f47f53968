"""How a server is told to multiply by oneDNN, and in which numbers: the setting serverOnednn."""

BACKEND, PRECISION = "GGML_BACKEND_PATH", "GGML_ONEDNN_PRECISION"
"""The variables that ggml and its backend on oneDNN read."""

LIBRARY = "/opt/llama.cpp/libggml-onednn.so"
"""The backend in the image; where it is missing, the server says so in its log and computes without it."""


def variables(onednn: str) -> dict[str, str]:
    """Return the variables of a value of serverOnednn: none where a server is to compute without it."""
    if onednn == "off":
        return {}
    return {BACKEND: LIBRARY} | ({PRECISION: "f32"} if onednn == "f32" else {})


def value(environment: dict[str, str]) -> str:
    """Return the value of serverOnednn that a server with these variables was started with."""
    if not environment.get(BACKEND):
        return "off"
    return "f32" if environment.get(PRECISION) == "f32" else "auto"
