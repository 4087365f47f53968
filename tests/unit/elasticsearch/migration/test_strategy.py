"""How documents of one identity become those of another: by the least work that is right."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.generations.generation import Generation, WantedIndex
from components.elasticsearch.migration.migration import strategy_of
from components.elasticsearch.migration.strategy import choose_strategy, reindex_body
from tests.unit.elasticsearch.recording import IDENTITY


@pytest.mark.parametrize(
    ("changes", "strategy"),
    [
        ({"similarity": "dot_product"}, "copy"),
        ({"index_options": "hnsw"}, "copy"),
        ({"model": "another name of the same file"}, "copy"),
        ({"dims": 256}, "slice"),
        ({"dims": 32, "similarity": "l2_norm", "index_options": "flat"}, "slice"),
        ({"dims": 1024}, "re-embed"),
        ({"quant": "Q8_0"}, "re-embed"),
        ({"sha256": "b" * 64}, "re-embed"),
        ({"width": 1024}, "re-embed"),
        ({"pooling": "mean"}, "re-embed"),
        ({"document_prefix": ""}, "re-embed"),
        ({"dims": 256, "quant": "Q8_0", "sha256": "b" * 64}, "re-embed"),
    ],
    ids=str,
)
def test_the_strategy_follows_from_the_two_identities(changes: dict[str, Any], strategy: str) -> None:
    assert choose_strategy(IDENTITY, replace(IDENTITY, **changes)) == strategy


@pytest.mark.parametrize(("dims", "strategy"), [(768, "slice"), (512, "re-embed")])
def test_a_mapping_that_is_not_what_the_identity_says_is_not_trusted(dims: int, strategy: str) -> None:
    old = Generation(index="i", identity=IDENTITY, vector={"dims": dims})
    wanted = WantedIndex(alias="a", pipeline_id="p", identity=replace(IDENTITY, dims=64), revision="r")
    assert strategy_of(old, wanted) == strategy


def test_only_embedding_again_uses_the_pipeline_and_leaves_the_old_embedding_behind() -> None:
    def body(strategy: Any) -> dict[str, Any]:
        return reindex_body(strategy, source="a", destination="b", pipeline_id="p", dims=64)

    assert body("copy") == {"source": {"index": "a"}, "dest": {"index": "b", "pipeline": "_none"}}
    assert body("re-embed") == {
        "source": {"index": "a", "_source": {"excludes": ["content_embedding"]}},
        "dest": {"index": "b", "pipeline": "p"},
    }
    sliced = body("slice")
    assert sliced["script"]["params"] == {"dims": 64}
    assert "ctx._source.content_embedding = truncated" in sliced["script"]["source"]
    assert sliced["dest"]["pipeline"] == "_none"
