"""Who else uses the stack's pipeline and endpoints."""

from typing import Any

import pytest

from components.elasticsearch.generations.users import read_users
from components.elasticsearch.ownership import Claim
from tests.unit.elasticsearch.recording import RecordedCluster

OURS, OTHERS = ({"managed_by": "jina-search", "owner": f"jina-search-{name}"} for name in ("ours", "others"))


@pytest.mark.parametrize(
    ("name", "meta", "used_by"),
    [
        ("jina-embeddings", OURS, ()),
        ("jina-embeddings", {}, ()),  # Somebody edited it, and took the stack's mark from it.
        ("jina-embeddings", OTHERS, ("jina-embeddings",)),
        ("theirs", {}, ("theirs",)),
        ("theirs", OTHERS, ("theirs",)),
    ],
)
def test_the_pipeline_of_the_stack_is_no_user_of_its_endpoints_whoever_edited_it(
    name: str, meta: dict[str, Any], used_by: tuple[str, ...]
) -> None:
    body = {"processors": [{"inference": {"model_id": "jina-local-document"}}], "_meta": meta}
    found = read_users(
        RecordedCluster({"GET /_ingest/pipeline": {name: body}}),
        Claim(owner=OURS["owner"]),
        ["jina-demo"],
        own="jina-embeddings",
        inference_ids=["jina-local-document"],
    )
    assert found.pipelines == used_by
