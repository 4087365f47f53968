"""The certificates of a cluster, as openssl reads them."""

import subprocess

import pytest
import yaml

from sandbox.kubernetes.certificates import Certificates


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make those of a cluster of one node."""
    folder = tmp_path_factory.mktemp("certificates")
    certificates = Certificates(folder / "cluster", folder / "log")
    certificates.make("10.89.0.2", [("node-1", "10.89.0.11")])
    return certificates


def read(made: Certificates, name: str) -> str:
    """Return what openssl shows of a certificate, once it has found that the authority signed it."""
    file = made.folder / f"{name}.crt"
    subprocess.run(
        ["openssl", "verify", "-CAfile", made.folder / "ca.crt", file], check=True, capture_output=True
    )
    shown = subprocess.run(
        ["openssl", "x509", "-in", file, "-noout", "-subject", "-ext", "subjectAltName"],
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("admin", ["O = system:masters", "CN = admin"]),
        ("kubelet-client", ["O = system:masters"]),
        ("kube-scheduler", ["CN = system:kube-scheduler"]),
        ("kube-controller-manager", ["CN = system:kube-controller-manager"]),
        ("kube-proxy", ["CN = system:kube-proxy"]),
        ("node-1", ["O = system:nodes", "CN = system:node:node-1", "IP Address:10.89.0.11"]),
        ("kube-apiserver", ["IP Address:127.0.0.1", "IP Address:10.89.0.2", "DNS:kubernetes.default.svc"]),
    ],
)
def test_each_program_is_who_the_rules_of_a_cluster_know(
    made: Certificates, name: str, shown: list[str]
) -> None:
    found = read(made, name)
    assert [part for part in shown if part not in found] == []


def test_keys_are_for_this_user_alone(made: Certificates) -> None:
    keys = list(made.folder.glob("*.key"))
    assert len(keys) == 9
    assert {key.stat().st_mode & 0o077 for key in keys} == {0}


@pytest.mark.parametrize("inside", [True, False])
def test_a_kubeconfig_names_the_files_where_its_reader_has_them(made: Certificates, *, inside: bool) -> None:
    file = made.folder / "kubeconfig"
    made.write_kubeconfig(file, "admin", "https://10.89.0.2:6443", inside=inside)
    (user,) = yaml.safe_load(file.read_text())["users"]
    folder = "/cluster" if inside else str(made.folder)
    assert user["user"]["client-key"] == f"{folder}/admin.key"
