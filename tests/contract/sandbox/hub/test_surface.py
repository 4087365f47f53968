"""The stand-in of the Hub, as huggingface_hub itself sees it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import HfApi, hf_hub_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

from sandbox.hub.repository import FolderRepositories, Repository
from sandbox.hub.server import Hub

CONTENT = b"GGUF" + b"content" * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = "owner/name"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root" / NAME
    folder.mkdir(parents=True)
    (folder / "model.gguf").write_bytes(CONTENT)
    (folder / "README.md").write_text("read me")
    (folder / "coming.gguf.partial").write_bytes(b"G")
    return tmp_path / "root"


@pytest.fixture
def hub(root: Path) -> Iterator[Hub]:
    with Hub(FolderRepositories(root), tokens=frozenset({"hf_1"})) as hub:
        yield hub


@pytest.fixture
def api(hub: Hub) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=False)


def test_the_library_downloads_large_and_small_files(hub: Hub, root: Path, tmp_path: Path) -> None:
    for name in ("model.gguf", "README.md"):
        there = hf_hub_download(NAME, name, local_dir=tmp_path / "here", endpoint=hub.endpoint, token=False)
        assert Path(there).read_bytes() == (root / NAME / name).read_bytes()
    sent = [(asked.server, asked.method, asked.path.rpartition("/")[2]) for asked in hub.asked]
    assert ("storage", "GET", SHA256) in sent
    assert ("hub", "GET", "README.md") in sent


def test_the_library_lists_and_describes(api: HfApi) -> None:
    info = api.model_info(NAME, files_metadata=True)
    siblings = {one.rfilename: one for one in info.siblings or []}
    assert list(siblings) == ["README.md", "model.gguf"]
    lfs = siblings["model.gguf"].lfs
    assert lfs is not None
    assert (lfs.sha256, lfs.size) == (SHA256, len(CONTENT))
    assert siblings["README.md"].lfs is None
    (branch,) = api.list_repo_refs(NAME).branches
    assert (branch.name, branch.target_commit) == ("main", info.sha)


def test_a_file_that_appears_is_served_and_an_earlier_commit_stays(api: HfApi, root: Path) -> None:
    before = api.model_info(NAME).sha
    (root / NAME / "other.gguf").write_bytes(b"GGUF")
    now = api.model_info(NAME)
    assert now.sha != before
    assert "other.gguf" in [one.rfilename for one in now.siblings or []]
    assert api.model_info(NAME, revision=before).sha == before


def test_content_that_changes_makes_another_commit(api: HfApi, root: Path) -> None:
    before = api.model_info(NAME).sha
    (root / NAME / "model.gguf").write_bytes(CONTENT[:-1] + b"x")
    assert api.model_info(NAME).sha != before


def test_what_is_missing_is_refused_with_the_hubs_codes(hub: Hub, api: HfApi) -> None:
    with pytest.raises(RevisionNotFoundError):
        api.model_info(NAME, revision="v2")
    with pytest.raises(RepositoryNotFoundError):
        HfApi(endpoint=hub.endpoint, token="hf_1").model_info("owner/missing")


def test_a_gated_repository_shows_its_files_but_not_their_bytes(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(CONTENT)
    repository = Repository.of({"model.gguf": path}, gated=True, readers=frozenset({"hf_1"}))
    with Hub({NAME: repository}, tokens=frozenset({"hf_1", "hf_2"})) as hub:
        shown = HfApi(endpoint=hub.endpoint, token="hf_2").model_info(NAME).siblings or []
        assert [one.rfilename for one in shown] == ["model.gguf"]
        with pytest.raises(GatedRepoError):
            hf_hub_download(NAME, "model.gguf", local_dir=tmp_path / "2", endpoint=hub.endpoint, token="hf_2")
        hf_hub_download(NAME, "model.gguf", local_dir=tmp_path / "1", endpoint=hub.endpoint, token="hf_1")


@pytest.mark.parametrize(
    ("headers", "status", "body"),
    [
        ({}, 200, CONTENT),
        ({"Range": "bytes=10-"}, 206, CONTENT[10:]),
        ({"Range": f"bytes={len(CONTENT)}-"}, 416, b""),
        ({"Authorization": "Bearer hf_1"}, 400, None),
    ],
    ids=str,
)
def test_the_storage_takes_ranges_and_no_token(
    hub: Hub, headers: dict[str, str], status: int, body: bytes | None
) -> None:
    address = httpx2.head(f"{hub.endpoint}/{NAME}/resolve/main/model.gguf").headers["Location"]
    answer = httpx2.get(address, headers=headers)
    assert answer.status_code == status
    assert body is None or answer.content == body


def test_the_storage_knows_signed_addresses_alone(hub: Hub) -> None:
    address = httpx2.head(f"{hub.endpoint}/{NAME}/resolve/main/model.gguf").headers["Location"]
    assert httpx2.get(address.replace(SHA256, "0" * 64)).status_code == 403


@pytest.mark.parametrize("name", ["../root/owner/name", "owner/..", ".."])
def test_names_do_not_lead_out_of_the_folder(hub: Hub, name: str) -> None:
    quoted = name.replace("/", "%2F").replace(".", "%2E")
    for target in (f"/{quoted}/resolve/main/model.gguf", f"/owner/{quoted}/resolve/main/model.gguf"):
        assert httpx2.get(hub.endpoint + target).status_code in (401, 404)
