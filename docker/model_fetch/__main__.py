"""Puts the model's file into a folder, or verifies the one that is there: python3 -m model_fetch.

What it reads in the environment:
MODEL_ENDPOINT, MODEL_REPOSITORY, MODEL_COMMIT, MODEL_FILE: the file is at ENDPOINT/REPOSITORY/resolve/COMMIT/FILE, as
on the Hugging Face Hub.
MODEL_SHA256: what the file must have, whether it was fetched or was there.
MODEL_FOLDER: where it belongs. What was not fetched whole lies beside it as FILE.part, and the next fetch goes on with
that.
MODEL_TOKEN_FILE: a file with a token for the endpoint, and for no other host; none is sent without.
MODEL_FETCH: with `false` it is verified what is there, and nothing is asked of the network.
HTTP_PROXY, HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE, as everywhere.
"""

import hashlib
import os
import signal
import sys
from pathlib import Path

from model_fetch.download import fetch, tell
from model_fetch.wanted import ModelError, Wanted, read_wanted


def bring(wanted: Wanted) -> None:
    """Have the file in its folder, with the SHA-256 that it must have. Raises ModelError."""
    there = sha256(wanted.path) if wanted.path.exists() else ""
    if there == wanted.sha256:
        tell(f"verified: {wanted.path} has the SHA-256 {there}")
        return
    if not wanted.fetch:
        what = f"has the SHA-256 {there}" if there else "is not there"
        raise ModelError(
            f"{wanted.path} {what}, and {wanted.sha256} is wanted. Nothing is fetched with this claim: put "
            f"{wanted.file} of {wanted.repository} at {wanted.commit} on its volume, or set quant and the model to "
            "what is there."
        )
    if there:
        tell(f"{wanted.path} has the SHA-256 {there}: another file is wanted, and fetched in its place")
    fetch(wanted)
    there = sha256(wanted.part)
    if there != wanted.sha256:
        wanted.part.unlink()
        raise ModelError(
            f"What came from {wanted.url} has the SHA-256 {there}, and {wanted.sha256} is wanted: it was removed. Is "
            "modelSha256 that of this file at this revision? If it is, what was sent is damaged, or not the model."
        )
    wanted.part.replace(wanted.path)
    tell(f"fetched and verified: {wanted.path} has the SHA-256 {there}")


def sha256(path: Path) -> str:
    """Return the digest of a file. Raises ModelError where it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}. User 10001 must be able to.") from None


def main() -> int:
    """Bring the model; return the exit code."""
    # The first process of a container is not ended by this signal unless it says so.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        bring(read_wanted(os.environ))
    except ModelError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
