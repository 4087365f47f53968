"""A process that downloads as the provider's host does: the Hub's library reads its environment once, at import.

Reads one JSON object a line from stdin and answers with one a line.
"""

import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from components.backoff import Patience
from components.errors import StackError
from components.model.download import ensure_model_file
from components.model.dynamic.model_file import ModelFileProvider
from components.model.progress import Retries
from components.model.wanted import WantedFile

PATIENCE = Patience(retries=3, first_pause=0.01, longest_pause=0.01)


def ensure(said: list[str], wanted: dict[str, Any]) -> dict[str, Any]:
    """Get a file, with short pauses, and return what is known of it."""
    retries = Retries(said.append, PATIENCE)
    found = ensure_model_file(WantedFile(**wanted | {"path": Path(wanted["path"])}), said.append, retries)
    return {"path": str(found.path), "size": found.size, "sha256": found.sha256, "commit": found.commit}


def provider(said: list[str], method: str, arguments: list[Any]) -> dict[str, Any]:
    """Call a method of the provider, and return the fields of its result."""
    with redirect_stdout(io.StringIO()) as printed:
        result = getattr(ModelFileProvider(), method)(*arguments)
    said.extend(printed.getvalue().splitlines())
    return dict(vars(result)) if result is not None else {}


def main() -> None:
    """Answer until stdin ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what the provider prints is not an answer
    for line in sys.stdin:
        call = json.loads(line)
        said: list[str] = []
        answer: dict[str, Any] = {}
        try:
            if call["call"] == "ensure":
                answer = {"result": ensure(said, call["wanted"])}
            else:
                answer = {"result": provider(said, call["method"], call["arguments"])}
        except StackError as error:
            answer = {"error": type(error).__name__, "message": str(error)}
        print(json.dumps(answer | {"said": said}), file=answers, flush=True)


if __name__ == "__main__":
    main()
