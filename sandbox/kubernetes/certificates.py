"""The certificates of a cluster, by openssl: one authority for all, and what each program shows and asks with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox.machine.process import run

DAYS = "365"

KUBELET_CLIENT = "kubelet-client"
"""Whom the API server is to the kubelets."""


@dataclass(frozen=True)
class Certificates:
    """The certificates in `folder`; what openssl says goes to `log`."""

    folder: Path
    log: Path

    def make(self, control_plane: str, nodes: Sequence[tuple[str, str]]) -> None:
        """Make everything, for a control plane at an address and for nodes of a name and an address each.

        Raises SandboxError when openssl is missing or fails.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._make_authority()
        service = "kubernetes.default.svc"
        names = ["kubernetes", "kubernetes.default", service, f"{service}.cluster.local", "localhost"]
        addresses = ["127.0.0.1", "10.96.0.1", control_plane]
        self._issue(
            "kube-apiserver",
            "/CN=kube-apiserver",
            [f"DNS:{name}" for name in names] + [f"IP:{address}" for address in addresses],
        )
        self._issue(KUBELET_CLIENT, f"/O=system:masters/CN={KUBELET_CLIENT}")
        self._issue("admin", "/O=system:masters/CN=admin")
        for program in ("kube-controller-manager", "kube-scheduler", "kube-proxy"):
            self._issue(program, f"/CN=system:{program}")
        for node, address in nodes:
            self._issue(node, f"/O=system:nodes/CN=system:node:{node}", [f"DNS:{node}", f"IP:{address}"])
        accounts = self.folder / "service-accounts.key"
        self._make_key(accounts)
        self._openssl("pkey", "-in", accounts, "-pubout", "-out", accounts.with_suffix(".pub"))

    def write_kubeconfig(self, file: Path, user: str, server: str, *, inside: bool) -> None:
        """Write how `user` asks the API server at the address `server`; `inside` a node the files are in /cluster."""
        folder = Path("/cluster") if inside else self.folder
        who = {"client-certificate": f"{folder}/{user}.crt", "client-key": f"{folder}/{user}.key"}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "sandbox",
                    "cluster": {"server": server, "certificate-authority": f"{folder}/ca.crt"},
                }
            ],
            "users": [{"name": user, "user": who}],
            "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": user}}],
            "current-context": "sandbox",
        }
        file.write_text(yaml.safe_dump(content))

    def _make_authority(self) -> None:
        self._make_key(self.folder / "ca.key")
        self._openssl(
            "req", "-x509", "-new", "-key", self.folder / "ca.key", "-days", DAYS, "-subj", "/CN=kubernetes",
            "-out", self.folder / "ca.crt",
        )  # fmt: skip

    def _issue(self, name: str, subject: str, alternative_names: Sequence[str] = ()) -> None:
        key, request, extensions = (self.folder / f"{name}.{kind}" for kind in ("key", "csr", "ext"))
        self._make_key(key)
        self._openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
        lines = ["keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth,clientAuth"]
        if alternative_names:
            lines.append(f"subjectAltName={','.join(alternative_names)}")
        extensions.write_text("\n".join(lines))
        authority = self.folder / "ca.crt", self.folder / "ca.key"
        self._openssl(
            "x509", "-req", "-in", request, "-CA", authority[0], "-CAkey", authority[1], "-CAcreateserial",
            "-days", DAYS, "-extfile", extensions, "-out", self.folder / f"{name}.crt",
        )  # fmt: skip
        request.unlink()
        extensions.unlink()

    def _make_key(self, file: Path) -> None:
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file)

    def _openssl(self, *arguments: str | Path) -> None:
        run(["openssl", *arguments], self.log)
