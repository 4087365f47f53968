"""The server's embeddings are those of the reference implementation, on the same random weights.

It runs where torch and transformers are installed (the extra `parity`), which `make test` does not do.
"""

import pytest

pytest.importorskip("torch", reason="the extra `parity` is not installed")

from benchmarks.parity.comparison import SAME, Ways, compare, reference_embeddings, texts
from benchmarks.parity.reference import ensure_both
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import FULL
from tests.contract.server.running import running

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1800)]


@pytest.mark.parametrize(("onednn", "same"), [("off", SAME), ("f32", SAME), ("auto", 0.998)])
def test_f16_is_the_reference_at_every_length_however_texts_are_sent(
    onednn: str, same: float, server_image: str
) -> None:
    model, folder = ensure_both(cache_root(), FULL)
    asked = texts(FULL)
    expected = reference_embeddings(folder, asked)
    # Else the same answer to everything would do.
    assert max(abs(float(expected[5] @ expected[length])) for length in (100, 513, 2048, 8000)) < 0.9
    with running(server_image, model, serverOnednn=onednn) as server:
        server.wait_for("healthy")
        found = compare(server.url, asked, expected)
    assert len(found) == len(asked) * len(Ways)
    assert [one for one in found if one.cosine < same] == []
