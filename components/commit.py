"""Names of commits of git, as repositories of llama.cpp and of the Hugging Face Hub have them."""

import re


def is_commit(revision: str) -> bool:
    """Tell whether `revision` is the full name of a commit (40 or 64 digits), which is the same for ever."""
    return re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision) is not None
