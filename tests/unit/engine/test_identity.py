"""Which engine answers: another than the stack's is refused, before anything is changed."""

import stat
from pathlib import Path
from typing import Any

import pytest

from components.commands import engine_check
from components.engine.dynamic.identity import EngineIdentityProvider
from components.engine.errors import AnotherEngineError, EngineError, NoEngineError

STACKS, ANOTHER = "AAAA:1111", "BBBB:2222"
HELD: dict[str, Any] = {"environment": {}, "wanted": "", "engine_id": STACKS, "schema_version": 1}


@pytest.fixture
def answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a `docker` on PATH that says of each address who is there; return the file with lines of both."""
    engines = tmp_path / "engines"
    docker = tmp_path / "docker"
    docker.write_text(
        f"""#!/bin/sh
echo "$DOCKER_HOST" >>{tmp_path}/asked
id=$(sed -n "s|^$DOCKER_HOST ||p" {engines})
[ -n "$id" ] || {{ echo "Cannot connect to the Docker daemon at $DOCKER_HOST." >&2; exit 1; }}
echo "$id"
"""
    )
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("DOCKER_HOST", "tcp://here")
    engines.write_text(f"tcp://here {STACKS}\ntcp://there {ANOTHER}\n")
    return engines


def inputs(host: str = "", wanted: str = "", *, preview: bool = False) -> dict[str, Any]:
    return {
        "environment": {"DOCKER_HOST": host} if host else {},
        "wanted": wanted,
        "preview": preview,
        "schema_version": None,
    }


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize(
    ("news", "changes"),
    [
        (inputs(), False),
        (inputs(wanted=STACKS), False),
        # Another address of the same engine is no other engine, and a preview is none of an update.
        (inputs("tcp://here"), True),
        (inputs("tcp://there", preview=True), True),
        (inputs("tcp://nobody", preview=True), True),
        (inputs("tcp://there", wanted=ANOTHER), True),
    ],
)
def test_what_is_a_change_and_no_refusal(news: dict[str, Any], changes: bool) -> None:
    assert EngineIdentityProvider().diff("engine", HELD, news).changes is changes


@pytest.mark.parametrize("host", ["tcp://there", "tcp://nobody"])
def test_a_machine_with_another_engine_or_none_sees_no_change_in_a_preview(
    answering: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", host)
    assert EngineIdentityProvider().diff("engine", HELD, inputs(preview=True)).changes is False
    assert (answering.parent / "asked").read_text().split() == [host]


def test_an_update_or_a_refresh_on_another_engine_is_refused_with_what_to_do(
    answering: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answering.exists()
    monkeypatch.setenv("DOCKER_HOST", "tcp://there")
    provider = EngineIdentityProvider()
    for refused in (
        lambda: provider.diff("engine", HELD, inputs()),
        lambda: provider.read("engine", HELD),
        lambda: provider.update("engine", HELD, inputs(wanted="CCCC:3333")),
    ):
        with pytest.raises(AnotherEngineError) as raised:
            refused()
        for part in (ANOTHER, "DOCKER_HOST", "docker:host", f"pulumi config set dockerEngine {ANOTHER}"):
            assert part in str(raised.value)


@pytest.mark.usefixtures("answering")
def test_the_first_engine_is_kept_and_one_that_somebody_names_is_taken() -> None:
    provider = EngineIdentityProvider()
    assert (provider.create(inputs()).outs or {})["engine_id"] == STACKS
    moved = provider.update("engine", HELD, inputs("tcp://there", wanted=ANOTHER))
    assert moved.outs == {
        "environment": {"DOCKER_HOST": "tcp://there"},
        "wanted": ANOTHER,
        "engine_id": ANOTHER,
        "schema_version": 1,
    }
    with pytest.raises(NoEngineError, match="No Docker engine answers"):
        provider.create(inputs("tcp://nobody"))


def test_an_engine_that_says_nothing_is_none_that_answers(
    answering: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (answering.parent / "docker").write_text("#!/bin/sh\nexec sleep 30\n")
    monkeypatch.setattr("components.engine.info.ANSWER_SECONDS", 0.2)
    with pytest.raises(NoEngineError, match=r"(?s)did not end within.*docker:host"):
        EngineIdentityProvider().create(inputs())
    assert EngineIdentityProvider().diff("engine", HELD, inputs()).changes is False


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("tcp://there", "not the one that this stack lives on"),
        ("tcp://nobody", "No Docker engine answers"),
    ],
)
def test_a_destruction_stops_on_any_engine_but_the_stacks(
    host: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGINE_CHECK_ID", STACKS)
    monkeypatch.setenv("DOCKER_HOST", "tcp://here")
    assert engine_check.work() == f"the Docker engine is {STACKS}"
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(EngineError, match=says):
        engine_check.work()
