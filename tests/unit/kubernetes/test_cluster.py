"""Which cluster answers: another than the stack's is refused, before anything is changed."""

from pathlib import Path
from typing import Any

import pytest

from components.commands import cluster_check
from components.kubernetes.cluster import require_cluster
from components.kubernetes.dynamic.cluster_identity import ClusterIdentityProvider
from components.kubernetes.errors import (
    AnotherClusterError,
    AnotherNamespaceError,
    KubectlError,
    NoClusterError,
    NoKubectlError,
    UnseenClusterError,
)
from components.kubernetes.kubectl import Target

STACKS, ANOTHER = "1111-aaaa", "2222-bbbb"
FORBIDDEN = "forbidden"
ADDRESS = "https://{context}.example:6443"


def here(**other: object) -> dict[str, Any]:
    """Return what is held of a stack in the cluster that the context `here` names."""
    held = {"environment": {"KUBECTL_CONTEXT": "here"}, "namespace": "search", "keeps_data": True}
    return {**held, "cluster_uid": STACKS, "schema_version": 1, **other}


def news(context: str = "here", *, preview: bool = False, **other: object) -> dict[str, Any]:
    given = {"environment": {"KUBECTL_CONTEXT": context}, "preview": preview, **other}
    return here(**given, cluster_uid=None, schema_version=None)


@pytest.fixture(autouse=True)
def clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a kubectl on PATH that knows clusters by their contexts; return the file with lines of both."""
    known = tmp_path / "clusters"
    known.write_text(f"here {STACKS}\nthere {ANOTHER}\nclosed {FORBIDDEN}\nalso-closed {FORBIDDEN}\n")
    program = tmp_path / "kubectl"
    program.write_text(
        f"""#!/bin/sh
context=$2
uid=$(sed -n "s|^$context ||p" {known})
case "$*" in
*"config view"*) echo '{{"clusters": [{{"cluster": {{"server": "https://'$context'.example:6443"}}}}]}}' ;;
*) [ -n "$uid" ] || {{ echo "dial tcp 127.0.0.1:1: connect: connection refused" >&2; exit 1; }}
   [ "$uid" != {FORBIDDEN} ] || {{ echo "Error from server (Forbidden): namespaces is forbidden" >&2; exit 1; }}
   echo "$uid" ;;
esac
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return known


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        (news(), False),
        (news(preview=True), False),
        (news("nobody"), True),
        # Another cluster is told of in a preview, which changes nothing.
        (news("there", preview=True), True),
        (news("closed", preview=True), True),
        (news(keeps_data=False), True),
    ],
    ids=["same", "same in a preview", "none", "another in a preview", "unseen in a preview", "without data"],
)
def test_what_is_a_change_and_no_refusal(given: dict[str, Any], changes: bool) -> None:
    assert ClusterIdentityProvider().diff("cluster", here(), given).changes is changes


def test_a_machine_with_another_cluster_or_none_sees_no_change_in_a_preview(clusters: Path) -> None:
    for line in (f"here {ANOTHER}\n", ""):
        clusters.write_text(line)
        assert ClusterIdentityProvider().diff("cluster", here(), news(preview=True)).changes is False


def test_an_update_or_a_refresh_in_another_cluster_is_refused_with_what_to_do(clusters: Path) -> None:
    clusters.write_text(f"here {ANOTHER}\n")
    provider = ClusterIdentityProvider()
    for refused in (
        lambda: provider.diff("cluster", here(), news()),
        lambda: provider.read("cluster", here()),
        lambda: provider.update("cluster", here(), news()),
    ):
        with pytest.raises(AnotherClusterError) as raised:
            refused()
        for part in (STACKS, ANOTHER, "kubernetes:context", "nothing was changed"):
            assert part in str(raised.value)


def test_without_kubectl_only_a_preview_goes_on_since_the_provider_may_reach_another_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    provider = ClusterIdentityProvider()
    assert provider.diff("cluster", here(), news(preview=True)).changes is False
    for refused in (
        lambda: provider.diff("cluster", here(), news()),
        lambda: provider.read("cluster", here()),
    ):
        with pytest.raises(NoKubectlError):
            refused()


def test_the_first_cluster_is_kept_and_must_answer() -> None:
    provider = ClusterIdentityProvider()
    assert (provider.create(news()).outs or {})["cluster_uid"] == STACKS
    with pytest.raises(NoClusterError):
        provider.create(news("nobody"))


def test_a_cluster_goes_on_under_another_name_and_a_refresh_goes_on_without_it() -> None:
    provider = ClusterIdentityProvider()
    held = here(environment={"KUBECTL_CONTEXT": "renamed"})
    assert provider.update("cluster", held, news()).outs == here()
    silent = here(environment={"KUBECTL_CONTEXT": "nobody"})
    assert (provider.read("cluster", silent).outs, provider.read("cluster", here()).outs) == (silent, here())


@pytest.mark.parametrize("preview", [True, False])
def test_another_namespace_is_refused_where_it_would_leave_documents_behind(preview: bool) -> None:
    provider = ClusterIdentityProvider()
    with pytest.raises(AnotherNamespaceError, match="pulumi config set kubernetesNamespace search"):
        provider.diff("cluster", here(), news(namespace="elsewhere", preview=preview))
    stateless = here(keeps_data=False)
    moved = news(namespace="elsewhere", keeps_data=False, preview=preview)
    assert provider.diff("cluster", stateless, moved).changes is True


@pytest.mark.parametrize(
    ("context", "known", "error"),
    [
        ("closed", "", None),
        ("closed", ADDRESS.format(context="closed"), None),
        ("closed", ADDRESS.format(context="also-closed"), AnotherClusterError),
        # The user who made the stack saw less, or more, than this one.
        ("here", ADDRESS.format(context="here"), None),
        ("there", ADDRESS.format(context="here"), AnotherClusterError),
        ("closed", STACKS, UnseenClusterError),
    ],
)
def test_a_cluster_whose_uid_is_hidden_is_known_by_its_address(
    context: str, known: str, error: type[KubectlError] | None
) -> None:
    target = Target(context=context)
    if error:
        with pytest.raises(error):
            require_cluster(target, known)
    else:
        assert require_cluster(target, known) == (known or ADDRESS.format(context=context))


@pytest.mark.parametrize(
    ("context", "says"),
    [
        ("there", "not the one that this stack lives in"),
        ("nobody", "does not answer"),
        ("closed", "may not see"),
    ],
)
def test_a_destruction_stops_in_any_cluster_but_the_stacks(
    context: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTER_CHECK_UID", STACKS)
    monkeypatch.setenv("KUBECTL_CONTEXT", "here")
    assert cluster_check.work() == f"the cluster is {STACKS}"
    monkeypatch.setenv("KUBECTL_CONTEXT", context)
    with pytest.raises(KubectlError, match=says):
        cluster_check.work()
