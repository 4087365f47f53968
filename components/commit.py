"""Git commit hashes, as the repositories of llama.cpp and of the Hugging Face Hub use them."""

import re


def is_commit(revision: str) -> bool:
    """Tell whether `revision` is a full commit hash (40 or 64 digits), which never changes its meaning."""
    return re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision) is not None
