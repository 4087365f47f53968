"""Vectors are kept by model file, prefix and text."""

from pathlib import Path

import numpy as np
import pytest

from jinactl.evaluate.vectors import cache_folder, open_cache

VECTORS = np.array([[1.0, 2.0], [3.0, 4.0]], np.float32)
TEXTS = ["one", "a lone surrogate \ud800"]


def test_what_was_kept_is_there_in_the_next_run(tmp_path: Path) -> None:
    with open_cache(tmp_path / "vectors", "a" * 64) as cache:
        cache.put("Document: ", TEXTS, VECTORS)
        cache.note_speed("documents/s", 2.5)
    with open_cache(tmp_path / "vectors", "a" * 64) as cache:
        found = cache.get("Document: ", [*TEXTS, "another"])
        assert {text: list(vector) for text, vector in found.items()} == {
            TEXTS[0]: [1.0, 2.0],
            TEXTS[1]: [3.0, 4.0],
        }
        assert cache.get("Query: ", TEXTS) == {}
        assert (cache.speed("documents/s"), cache.speed("query ms")) == (2.5, None)
    with open_cache(tmp_path / "vectors", "b" * 64) as cache:
        assert cache.get("Document: ", TEXTS) == {}


def test_no_text_is_in_the_file(tmp_path: Path) -> None:
    with open_cache(tmp_path, "a" * 64) as cache:
        cache.put("", ["a secret text of somebody"], VECTORS[:1])

    assert b"secret" not in next(tmp_path.iterdir()).read_bytes()


def test_without_a_folder_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with open_cache(None, "a" * 64) as cache:
        cache.put("", TEXTS, VECTORS)
        assert len(cache.get("", TEXTS)) == 2
    with open_cache(None, "a" * 64) as cache:
        assert cache.get("", TEXTS) == {}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"JINA_SEARCH_CACHE": "/own"}, "/own/vectors"),
        ({"XDG_CACHE_HOME": "/cache"}, "/cache/jina-search/vectors"),
    ],
)
def test_the_folder_is_the_users(
    variables: dict[str, str], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JINA_SEARCH_CACHE", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert cache_folder() == Path(place)
