"""The scripts that fetch the source and gather what the image needs, run as they are."""

import subprocess
from pathlib import Path

import pytest

from tests.unit.docker.scripts import run, write_program
from tests.unit.project import PROJECT_DIRECTORY


class Repository:
    """A git repository with two commits, the first one tagged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "uploadpack.allowReachableSHA1InWant", "true")
        self.first = self.commit("first")
        self.git("tag", "b1")
        self.second = self.commit("second")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
        git = ["git", *identity, "-C", str(self.folder), *arguments]
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, content: str) -> str:
        (self.folder / "file").write_text(content)
        self.git("add", ".")
        self.git("commit", "--quiet", "-m", content)
        return self.git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("ref", "content"), [("main", "second"), ("b1", "first"), ("{first}", "first"), ("{second}", "second")]
)
def test_fetches_a_branch_a_tag_or_a_commit_and_no_history(ref: str, content: str, tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    repository = Repository(tmp_path / "repository")
    ref = ref.format(first=repository.first, second=repository.second)
    target = tmp_path / "source"
    answer = run("fetch-source.sh", f"file://{repository.folder}", ref, target, programs=tmp_path / "none")
    assert answer.returncode == 0, answer.stderr
    assert (target / "file").read_text() == content
    count = ["git", "-C", str(target), "rev-list", "--count", "HEAD"]
    assert subprocess.run(count, capture_output=True, text=True, check=True).stdout == "1\n"
    assert (repository.first if content == "first" else repository.second) in answer.stdout


def test_says_what_cannot_be_fetched_after_three_tries(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    Repository(tmp_path / "repository")
    slept = tmp_path / "slept"
    write_program(tmp_path / "programs", "sleep", f"echo $1 >>{slept}")
    url = f"file://{tmp_path}/repository"
    answer = run("fetch-source.sh", url, "absent", tmp_path / "source", programs=tmp_path / "programs")
    assert answer.returncode == 1
    assert f"Cannot fetch 'absent' from {url}" in answer.stderr
    assert slept.read_text().split() == ["5", "5"]


def test_collects_the_program_its_libraries_and_the_license(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    repository = Repository(tmp_path / "source")
    (tmp_path / "source/LICENSE").write_text("MIT")
    binaries = tmp_path / "build/bin"
    binaries.mkdir(parents=True)
    for name in ("llama-server", "llama-quantize", "libllama.so.0.1", "libggml-cpu-x64.so"):
        (binaries / name).write_text(name)
    (binaries / "libllama.so").symlink_to("libllama.so.0.1")
    write_program(tmp_path / "programs", "strip", "exit 0")
    folder = tmp_path / "image"
    answer = run(
        "collect.sh",
        tmp_path / "source",
        tmp_path / "build",
        folder,
        "llama-server",
        programs=tmp_path / "programs",
    )
    assert answer.returncode == 0, answer.stderr
    assert {file.name for file in folder.iterdir()} == {
        "llama-server",
        "libllama.so",
        "libllama.so.0.1",
        "libggml-cpu-x64.so",
        "LICENSE",
        "REVISION",
    }
    assert (folder / "libllama.so").is_symlink()
    assert (folder / "REVISION").read_text().strip() == repository.second


@pytest.mark.parametrize("given", [False, True])
def test_git_trusts_the_certificate_that_a_build_gives_beside_the_usual_ones(
    given: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_SSL_CAINFO", raising=False)
    if given:
        (tmp_path / "ca-certificate").write_text("a certificate\n")
    write_program(tmp_path / "programs", "git", 'test "$1" != fetch || cat "${GIT_SSL_CAINFO:-/dev/null}"')
    answer = run(
        "fetch-source.sh", "url", "ref", tmp_path, programs=tmp_path / "programs", SECRETS=str(tmp_path)
    )
    assert answer.returncode == 0, answer.stderr
    usual = Path("/etc/ssl/certs/ca-certificates.crt").read_text()
    assert (f"{usual}a certificate\n" in answer.stdout) is given


@pytest.mark.parametrize("given", [False, True])
def test_apt_trusts_the_certificate_that_a_build_gives_beside_the_usual_ones(
    given: bool, tmp_path: Path
) -> None:
    if given:
        (tmp_path / "ca-certificate").write_text("a certificate\n")
    shows = """sed -n 's/^Acquire::https::CAInfo "\\(.*\\)";$/\\1/p' "$APT_CONFIG" | xargs -r cat"""
    write_program(tmp_path / "programs", "apt-get", f'test "$1" != update || {shows}')
    answer = run("install-packages.sh", "package", programs=tmp_path / "programs", SECRETS=str(tmp_path))
    assert answer.returncode == 0, answer.stderr
    usual = Path("/etc/ssl/certs/ca-certificates.crt").read_text()
    assert (f"{usual}a certificate\n" in answer.stdout) is given


def test_every_clone_has_the_same_bytes_of_a_script() -> None:
    asked = ["git", "check-attr", "text", "eol", "--", "docker/build.sh", "docker/Dockerfile", "Makefile"]
    told = subprocess.run(asked, cwd=PROJECT_DIRECTORY, capture_output=True, text=True, check=True).stdout
    assert told.count("text: auto") == told.count("eol: lf") == 3
