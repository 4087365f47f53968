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


def test_a_mirror_that_names_no_commit_is_taken_for_a_commit_whose_content_is_known(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    hub.faults.add(Fault(method="HEAD", without=("X-Repo-Commit",)))
    outcome = downloader.ensure(model.wanted(revision=model.commit))
    assert (outcome.message, outcome.result.get("commit")) == ("", model.commit)
    assert outcome.result["sha256"] == model.sha256


def test_a_mirror_that_names_neither_commit_nor_content_needs_modelsha256(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    bare = Fault(method="HEAD", without=("X-Repo-Commit", "X-Linked-Etag"))
    wanted = model.wanted(revision=model.commit)
    hub.faults.add(bare)
    refused = downloader.ensure(wanted)
    assert refused.error == "HubUnreachableError"
    assert "set modelRevision to a commit in full (40 digits) and modelSha256" in refused.message
    hub.faults.add(bare)
    assert downloader.ensure(wanted | {"sha256": model.sha256}).result["sha256"] == model.sha256


def test_a_mirror_that_names_no_commit_is_refused_for_a_branch(
    hub: Hub, model: Model, downloader: Downloader
) -> None:
    hub.faults.add(Fault(method="HEAD", without=("X-Repo-Commit",)))
    outcome = downloader.ensure(model.wanted(sha256=model.sha256))
    assert outcome.error == "HubUnreachableError"
    assert "it names no commit" in outcome.message


@pytest.mark.parametrize("host", ["cdn.example.invalid", "127.0.0.2:9"])
def test_a_closed_host_that_the_hub_sends_on_to_is_named_at_once(
    hub: Hub, model: Model, downloader: Downloader, host: str
) -> None:
    hub.faults.add(Fault(sent_on_to=f"http://{host}/blob"))
    outcome = downloader.ensure(model.wanted())
    name = host.partition(":")[0]
    assert outcome.error == "HubUnreachableError"
    assert (
        f"{hub.endpoint} sends {model.file} of {model.repository} from another host, {name}"
        in outcome.message
    )
    assert f"(HTTPS_PROXY) let {name} through" in outcome.message
    assert "HF_ENDPOINT to a mirror" in outcome.message
    assert not any("trying again" in line for line in outcome.said)


def test_a_host_that_closes_on_the_way_is_named_too(hub: Hub, model: Model, downloader: Downloader) -> None:
    closed = Fault(sent_on_to="http://cdn.example.invalid/blob")
    hub.faults.add(Fault(cut_after=100_000, at=(1, lambda: hub.faults.add(closed, times=3))))
    outcome = downloader.ensure(model.wanted())
    assert "the connection to cdn.example.invalid failed" in outcome.message
    assert "let cdn.example.invalid through" in outcome.message
    assert "100000 of" in outcome.message


LIMIT = {"RateLimit": '"resolvers";r=0;t=243', "RateLimit-Policy": '"fixed window";"resolvers";q=3000;w=300'}


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("none", ["Run `pulumi up` again in 243 s, or set HF_TOKEN", "ask more often"]),
        ("reader", ["Run `pulumi up` again in 243 s", "the account whose token was sent"]),
    ],
)
def test_a_hub_that_was_asked_too_often_says_when_and_how_it_may_be_asked_again(
    hub: Hub, model: Model, downloaders: dict[str, Downloader], method: str, who: str, told: list[str]
) -> None:
    hub.faults.add(Fault(method=method, status=429, headers=LIMIT), times=4)
    outcome = downloaders[who].ensure(model.wanted())
    assert outcome.error == "HubUnreachableError"
    assert "HTTP 429" in outcome.message
    assert "proxy" not in outcome.message
    for part in told:
        assert part in outcome.message
    # As long as it may be, in a test.
    assert any("asks to wait 243 s" in line and "trying again in 0.04 s" in line for line in outcome.said)


@pytest.mark.parametrize("headers", [{"RateLimit": '"api";r=0;t=3600'}, {"Retry-After": "3600"}], ids=str)
def test_a_wait_that_nobody_bears_is_not_waited_for(
    hub: Hub, model: Model, downloader: Downloader, headers: dict[str, str]
) -> None:
    hub.faults.add(Fault(method="HEAD", status=429, headers=headers))
    outcome = downloader.ensure(model.wanted())
    assert "again in 3600 s" in outcome.message
    assert len(hub.asked) == 1


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
