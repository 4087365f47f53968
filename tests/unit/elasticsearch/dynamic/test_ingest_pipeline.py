"""The ingest pipeline as a resource."""

import json

from components.elasticsearch.dynamic.ingest_pipeline import IngestPipelineProvider
from components.elasticsearch.identity import canonical
from tests.unit.elasticsearch.dynamic.resources import (
    GONE,
    inputs,
    outputs,
)
from tests.unit.elasticsearch.recording import RecordedCluster


def test_an_edited_pipeline_is_read_back_so_that_the_next_update_mends_it(cluster: RecordedCluster) -> None:
    kind = IngestPipelineProvider
    edited = {"description": "edited", "processors": [], "modified_date_millis": 1}
    cluster.answers[GONE[kind]] = {"jina-embeddings": edited}
    found = kind().read("id", outputs(kind))
    assert found.inputs is not None
    assert found.outs is not None
    assert (
        found.inputs["body"] == found.outs["body"] == canonical({"description": "edited", "processors": []})
    )
    assert kind().diff("id", found.outs, inputs(kind)).changes is True
    wanted = json.loads(inputs(kind)["body"])
    cluster.answers[GONE[kind]] = [{"jina-embeddings": one} for one in (edited, wanted)]
    kind().update("id", found.outs, inputs(kind))
    assert cluster.written == ["PUT /_ingest/pipeline/jina-embeddings"]
