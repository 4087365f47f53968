"""What an index says of its vectors and its fields."""

from typing import Any

import pytest

from components.elasticsearch.embedding.searched_index import read_searched_index
from components.elasticsearch.errors import IndexingError
from tests.unit.elasticsearch.recording import RecordedCluster, missing


def test_the_index_behind_the_alias_is_told_with_its_vectors() -> None:
    vector = {"type": "dense_vector", "dims": 8, "index_options": {"type": "bbq_hnsw"}}
    mapped = {"x-1": {"mappings": {"properties": {"content_embedding": vector}}}}
    found = read_searched_index(RecordedCluster({"GET /x/_mapping": mapped}), "x")
    assert (found.name, found.dims, found.index_options) == ("x-1", 8, "bbq_hnsw")


@pytest.mark.parametrize(
    "answer", [{"x": {"mappings": {}}}, {}, missing()], ids=["no vectors", "none", "404"]
)
def test_an_index_without_embeddings_is_named(answer: Any) -> None:
    with pytest.raises(IndexingError, match="x has no embeddings"):
        read_searched_index(RecordedCluster({"GET /x/_mapping": answer}), "x")
