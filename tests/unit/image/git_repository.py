"""A git repository on disk that is asked like one on the network."""

import subprocess
from pathlib import Path


class Repository:
    """A repository with a branch `main`, an annotated tag `v1`, and branches with names that end like theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"file://{folder}"
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch", "main")
        self.first = self.commit("first")
        self.git("tag", "-a", "v1", "-m", "one")
        for name in ("other/main", "other/v1"):
            self.git("branch", name, self.commit(name))
        self.git("reset", "--hard", self.first)

    def commit(self, content: str) -> str:
        """Write the one file anew on `main`; returns the commit."""
        (self.folder / "file").write_text(content)
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", content)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        return subprocess.run(
            ["git", *identity, "-C", str(self.folder), *arguments],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
