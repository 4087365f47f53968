"""A git repository on disk that is asked like one on the network."""

import os
import subprocess
from pathlib import Path

CREATED = "2026-01-02T03:04:05Z"


class Repository:
    """A repository with a branch `main`, an annotated tag `v1`, and a tag of a file, `readme`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"file://{folder}"
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "uploadpack.allowReachableSHA1InWant", "true")
        self.first = self.commit("first")
        self.git("tag", "-a", "v1", "-m", "one")
        self.git("tag", "readme", "HEAD:file")

    def commit(self, content: str) -> str:
        """Write the one file anew on `main`; returns the commit."""
        (self.folder / "file").write_text(content)
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", content)
        return self.git("rev-parse", "HEAD")

    def commit_signed(self, branch: str) -> str:
        """Put a commit with a signature, of nobody, on a new `branch`; returns the commit."""
        head, _, message = self.git("cat-file", "commit", "HEAD").partition("\n\n")
        signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----"
        file = self.folder / ".git" / "signed"
        file.write_text(f"{head}\n{signature}\n\n{message}\n")
        signed = self.git("hash-object", "-t", "commit", "-w", str(file))
        self.git("branch", branch, signed)
        return signed

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        return subprocess.run(
            ["git", *identity, "-C", str(self.folder), *arguments],
            env={**os.environ, "GIT_COMMITTER_DATE": "2026-01-02T05:04:05+02:00"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
