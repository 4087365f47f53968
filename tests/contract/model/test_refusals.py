"""What the Hub refuses, what it does not have, and what a person is told."""

import socket
from pathlib import Path
from typing import Any

import pytest

from sandbox.hub.faults import Fault
from sandbox.hub.server import Hub
from tests.contract.model.conftest import OTHER_TOKEN, TOKEN, Model, Start
from tests.contract.model.downloader import Downloader


@pytest.fixture(scope="session")
def downloaders(start: Start, downloader: Downloader) -> dict[str, Downloader]:
    """Return processes by the token that they have."""
    tokens = {"reader": TOKEN, "other": OTHER_TOKEN, "wrong": "hf_wrong"}
    return {"none": downloader} | {name: start(HF_TOKEN=token) for name, token in tokens.items()}


@pytest.mark.parametrize(
    ("reader", "error", "told"),
    [
        ("none private", "AccessDeniedError", ["HTTP 401", "no token was sent", "HF_TOKEN"]),
        ("wrong private", "AccessDeniedError", ["HTTP 401", "a token was sent", "wrong or expired"]),
        ("wrong public", "AccessDeniedError", ["HTTP 401", "wrong or expired"]),
        ("other private", "NotOnHubError", ["has no repository", "private", "a token was sent"]),
        ("none gated", "AccessDeniedError", ["gated", "no token was sent", "Accept them, signed in, at "]),
        ("other gated", "AccessDeniedError", ["gated", "a token was sent", "Accept them, signed in, at "]),
        ("reader private", "", []),
        ("reader gated", "", []),
        ("other public", "", []),
    ],
)
def test_who_may_read_what(
    hub: Hub, model: Model, downloaders: dict[str, Downloader], reader: str, error: str, told: list[str]
) -> None:
    who, access = reader.split()
    options: dict[str, Any] = {} if access == "public" else {access: True, "readers": frozenset({TOKEN})}
    model.publish(model.content, **options)
    outcome = downloaders[who].ensure(model.wanted())
    assert outcome.error == error
    if access == "gated" and error:
        assert f"at {hub.endpoint}/{model.repository}, then set HF_TOKEN" in outcome.message
    for part in told:
        assert part in outcome.message
    assert model.repository in outcome.message or not error
    assert not model.directory.exists() or not error


def test_a_login_in_hf_home_is_enough(model: Model, start: Start, tmp_path: Path) -> None:
    """`hf auth login` leaves the token there."""
    (tmp_path / "token").write_text(TOKEN)
    model.publish(model.content, private=True, readers=frozenset({TOKEN}))
    assert start(HF_HOME=str(tmp_path)).ensure(model.wanted()).result["sha256"] == model.sha256


def test_the_token_goes_to_the_hub_and_not_to_its_storage(
    hub: Hub, model: Model, downloaders: dict[str, Downloader]
) -> None:
    assert downloaders["reader"].ensure(model.wanted()).error == ""
    assert {(asked.server, asked.token) for asked in hub.asked if model.repository in asked.path} == {
        ("hub", TOKEN)
    }
    assert {asked.token for asked in hub.asked if asked.server == "storage"} == {""}


@pytest.mark.parametrize(
    ("changes", "who", "told"),
    [
        (
            {"file": "model-F17.gguf"},
            "none",
            ["no file model-F17.gguf", "Near that name: model-F16.gguf", "quant"],
        ),
        ({"file": "other.gguf"}, "none", ["There: model-F16.gguf", "modelFile"]),
        ({"revision": "v2"}, "none", ['no revision "v2"', "It has main.", "modelRevision"]),
        ({"revision": "0" * 40}, "none", ["no revision", "modelRevision"]),
        ({"repository": "tests/a--b"}, "none", ["can't be a repository", "tests/a--b", "modelRepository"]),
        ({"repository": "tests/missing"}, "reader", ["no repository tests/missing", "modelRepository"]),
    ],
    ids=str,
)
def test_what_the_hub_does_not_have_is_named(
    model: Model, downloaders: dict[str, Downloader], changes: dict[str, str], who: str, told: list[str]
) -> None:
    outcome = downloaders[who].ensure(model.wanted(**changes))
    assert outcome.error == "NotOnHubError"
    for part in told:
        assert part in outcome.message


def test_a_repository_that_is_missing_may_be_a_private_one_to_whom_has_no_token(
    model: Model, downloader: Downloader
) -> None:
    outcome = downloader.ensure(model.wanted(repository="tests/missing"))
    assert outcome.error == "AccessDeniedError"
    assert "does not exist" in outcome.message


def test_a_404_without_a_reason_is_not_the_hub(hub: Hub, model: Model, downloader: Downloader) -> None:
    hub.faults.add(Fault(method="HEAD", status=404, bare=True))
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "HubUnreachableError"
    assert "HF_ENDPOINT" in outcome.message


def test_a_page_in_place_of_the_hub_is_recognised(hub: Hub, model: Model, downloader: Downloader) -> None:
    hub.faults.add(Fault(method="HEAD", status=200, bare=True))
    outcome = downloader.ensure(model.wanted())
    assert outcome.error == "HubUnreachableError"
    assert "does not seem to be a Hugging Face Hub" in outcome.message


def test_an_unreachable_hub_is_named_with_what_to_do(model: Model, start: Start) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{unused.getsockname()[1]}"
        outcome = start(HF_ENDPOINT=endpoint).ensure(model.wanted())
    assert outcome.error == "HubUnreachableError"
    assert f"{endpoint} could not be reached" in outcome.message
    assert "HF_HUB_OFFLINE=1" in outcome.message


def test_offline_with_a_verified_file_takes_no_request(
    hub: Hub, model: Model, downloader: Downloader, offline: Downloader
) -> None:
    first = downloader.ensure(model.wanted())
    hub.asked.clear()
    assert offline.ensure(model.wanted()).result == first.result
    assert hub.asked == []


@pytest.mark.parametrize(
    ("sha256", "told"),
    [
        ("", ["nothing says what", "modelSha256"]),
        ("0" * 64, ["does not have the SHA-256", "modelSha256"]),
    ],
)
def test_offline_with_a_file_that_can_not_be_verified(
    model: Model, offline: Downloader, sha256: str, told: list[str]
) -> None:
    model.put(model.content)
    outcome = offline.ensure(model.wanted(sha256=sha256))
    assert outcome.error == "OfflineError"
    for part in told:
        assert part in outcome.message


def test_offline_with_a_file_that_has_the_sha256_that_was_set(
    hub: Hub, model: Model, offline: Downloader
) -> None:
    model.put(model.content)
    assert offline.ensure(model.wanted(sha256=model.sha256)).result["sha256"] == model.sha256
    assert hub.asked == []


def test_offline_without_a_file(hub: Hub, model: Model, offline: Downloader) -> None:
    outcome = offline.ensure(model.wanted())
    assert outcome.error == "OfflineError"
    assert f"is not at {model.path}" in outcome.message
    assert "Unset HF_HUB_OFFLINE" in outcome.message
    assert hub.asked == []
