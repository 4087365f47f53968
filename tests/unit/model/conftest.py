"""Puts a double of the Hub in place of the network, and keeps this machine's own cache and token away."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import constants, set_client_factory

from tests.unit.model.hub_double import HubDouble


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubDouble]:
    """Answer for the Hub at its usual address; pauses take no time."""
    double = HubDouble()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("components.model.progress.time.sleep", lambda _seconds: None)
    set_client_factory(lambda: httpx2.Client(transport=httpx2.MockTransport(double), follow_redirects=True))
    yield double
    set_client_factory(httpx2.Client)
