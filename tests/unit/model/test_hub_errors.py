"""What the Hub refuses, what it does not have, and what a person is told."""

from pathlib import Path

import httpx2
import pytest

from components.errors import StackError
from components.model.errors import AccessDeniedError, HubUnreachableError, NotOnHubError
from components.model.hub import look_up
from components.model.progress import Retries
from components.model.resolution import upstream_commit
from components.model.wanted import Content, WantedFile
from tests.unit.model.hub_double import CONTENT, FILE, NEW, OLD, OTHER, REPOSITORY, Fault, HubDouble, digest


def wanted(revision: str = "main", file: str = FILE) -> WantedFile:
    return WantedFile(repository=REPOSITORY, revision=revision, file=file, path=Path("/models/m"), sha256="")


@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        (Fault(status=401), AccessDeniedError, ["HTTP 401", "no token was sent", "HF_TOKEN"]),
        (Fault(status=403), AccessDeniedError, ["HTTP 403", "HF_TOKEN"]),
        (Fault(status=403, code="GatedRepo"), AccessDeniedError, ["gated", "Accept them, signed in, at "]),
        (Fault(status=404, code="RepoNotFound"), NotOnHubError, ["has no repository", "modelRepository"]),
        (Fault(status=404), HubUnreachableError, ["HTTP 404 and no reason", "HF_ENDPOINT"]),
        (Fault(status=418), HubUnreachableError, ["HTTP 418.", "HF_ENDPOINT"]),
        (
            Fault(status=429, headers={"Retry-After": "900"}),
            HubUnreachableError,
            ["takes no more requests", "in 900 s", "HF_TOKEN"],
        ),
        (
            Fault(status=429, headers={"RateLimit": '"api";r=0;t=901'}),
            HubUnreachableError,
            ["takes no more requests", "in 901 s"],
        ),
        (
            Fault(error=httpx2.ConnectError("refused")),
            HubUnreachableError,
            ["could not be reached", "refused", "HF_HUB_OFFLINE=1"],
        ),
    ],
    ids=lambda one: f"{one.status} {one.code} {one.error}" if isinstance(one, Fault) else "",
)
def test_a_refusal_is_told_with_what_to_do(
    hub: HubDouble, fault: Fault, error: type[StackError], told: list[str]
) -> None:
    hub.faults = [fault]
    with pytest.raises(error) as raised:
        look_up(wanted(), Retries(print))
    assert len(hub.asked) == 1  # asking again would not help
    for part in [*told, REPOSITORY]:
        assert part in str(raised.value)


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("file", "revision", "told"),
    [
        ("modell.gguf", "main", ["no file modell.gguf", f"Near that name: {FILE}"]),
        ("zzz", "main", ["no file zzz", f"There: {FILE}"]),
        (FILE, "v2", ['no revision "v2"', "It has main, v1.", "modelRevision"]),
    ],
)
def test_what_the_hub_does_not_have_is_named_with_what_it_has(
    file: str, revision: str, told: list[str]
) -> None:
    with pytest.raises(NotOnHubError) as raised:
        look_up(wanted(revision, file), Retries(print))
    for part in told:
        assert part in str(raised.value)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(status=503), "the Hub answered with HTTP 503"),
        (
            Fault(status=429, headers={"Retry-After": "7"}),
            "asks to wait 7 s; with HF_TOKEN it may be asked more",
        ),
        (Fault(error=httpx2.ReadTimeout("slow")), "the connection failed (slow)"),
    ],
    ids=["busy", "too many", "slow"],
)
def test_what_may_pass_is_tried_again_and_told(hub: HubDouble, fault: Fault, told: str) -> None:
    hub.faults = [fault]
    said: list[str] = []
    assert look_up(wanted(), Retries(said.append)).commit == OLD
    (line,) = said
    assert told in line


@pytest.mark.parametrize(
    ("content", "fault", "moved", "told"),
    [
        (CONTENT, None, "", ""),
        (OTHER, None, NEW, f"`pulumi config set modelRevision {NEW}`"),
        (OTHER, Fault(status=503), "before", "whether main of owner/name has moved could not be found out"),
    ],
    ids=["the same file", "another file", "no answer"],
)
def test_a_branch_that_moved_is_reported_where_its_file_is_another(
    hub: HubDouble, content: bytes, fault: Fault | None, moved: str, told: str
) -> None:
    hub.commits[NEW], hub.main = content, NEW
    hub.faults = [fault] if fault else []
    said: list[str] = []
    held = Content(commit=OLD, sha256=digest(CONTENT))
    assert upstream_commit(wanted(), held, "before", said.append) == moved
    assert told in "".join(said)
    assert len(said) == bool(told)
