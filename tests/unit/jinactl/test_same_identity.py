"""The outputs are held against the index, so that no vectors of another kind get in or are asked with."""

from dataclasses import replace
from typing import Any

import pytest

from components.elasticsearch.identity import MANAGED_BY
from jinactl.errors import CommandError
from jinactl.outputs import facts_of
from jinactl.same_identity import require_same_identity
from tests.unit.elasticsearch.recording import IDENTITY as ANY
from tests.unit.elasticsearch.recording import RecordedCluster
from tests.unit.jinactl.stack_outputs import OUTPUTS

LIVE = replace(ANY, dims=256, model="m")
IN_CLIENT = {**OUTPUTS, "inferenceEndpoint": ""}


def holding(meta: dict[str, Any]) -> RecordedCluster:
    return RecordedCluster({"GET /jina-demo/_mapping": {"jina-demo-7": {"mappings": {"_meta": meta}}}})


def ours(**identity: Any) -> RecordedCluster:
    return holding({"managed_by": MANAGED_BY, "identity": {**LIVE.as_dict(), **identity}})


@pytest.mark.parametrize("outputs", [OUTPUTS, IN_CLIENT], ids=["inference", "client"])
def test_the_outputs_of_the_index_pass(outputs: dict[str, object]) -> None:
    # What only the mapping knows is no matter of the vectors.
    require_same_identity(ours(index_options="hnsw", similarity="dot_product"), facts_of(outputs, "x"))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"dims": 64}, "dims is 256 in the outputs and 64 in the index"),
        ({"quant": "Q2_K"}, "quant is 'F16' in the outputs and 'Q2_K' in the index"),
        ({"sha256": "b" * 64}, "modelSha256 is 'aaaaaaaaaaaaaaaaaaa… in the outputs and 'bbb"),
        ({"model": "other"}, "modelName is 'm' in the outputs and 'other' in the index"),
        ({"width": 1024}, "modelDimensions is 768 in the outputs and 1024 in the index"),
        ({"document_prefix": "passage: "}, "modelDocumentPrefix is 'Document: ' in the outputs"),
    ],
)
def test_another_kind_of_vectors_is_told(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(CommandError) as raised:
        require_same_identity(ours(**changed), facts_of(IN_CLIENT, "x"))
    assert told in str(raised.value)
    assert "pulumi stack output --json --show-secrets > outputs.json" in str(raised.value)


def test_fields_that_a_command_can_do_without_are_left_out() -> None:
    require_same_identity(ours(dims=64), facts_of(OUTPUTS, "x"), except_for=["dims"])
    with pytest.raises(CommandError, match="modelSha256"):
        require_same_identity(ours(dims=64, sha256="b" * 64), facts_of(OUTPUTS, "x"), except_for=["dims"])


def test_an_index_that_says_nothing_of_its_vectors_takes_none_from_here() -> None:
    with pytest.raises(
        CommandError, match="does not say how its vectors were made: this project did not make"
    ):
        require_same_identity(holding({}), facts_of(IN_CLIENT, "x"))
    require_same_identity(holding({}), facts_of(OUTPUTS, "x"))
