"""The programs of Kubernetes, and Pulumi's provider for it, compiled from the Go modules of the same projects."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.machine.cache import entry
from sandbox.machine.process import run
from sandbox.pulumi.go_toolchain import ensure_go, go_environment

SOURCES = Path(__file__).parent / "go"

VERSION = "1.34.3"
"""Of Kubernetes; the last minor release whose kubelet runs on a machine with cgroup v1 without being asked to."""

PROVIDER_VERSION = "4.25.0"
"""The release that the provider says it is: that of the SDK it is paired with, which is of the same schema."""

PROVIDER_MODULE = "github.com/pulumi/pulumi-kubernetes/provider/v4"
PROVIDER_TEXTS = ("schema.json", "terraform-mapping.json")

PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubectl")

OTHERS = {
    "coredns": ".",
    "kube-router": "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router",
    "kwok": "sigs.k8s.io/kwok/cmd/kwok",
    "pause": ".",
}
"""Other programs of a cluster, and the package that each is: its names, its network policies, its fake nodes."""

STAGES = (
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
)
"""What kwok does with nodes and pods, in its module."""

DEBIAN_PROGRAMS = {"etcd-server": "usr/bin/etcd", "docker-registry": "usr/bin/docker-registry"}
"""Programs taken out of Debian's packages, which are not installed: they would start services of their own."""


@dataclass(frozen=True)
class Binaries:
    """Folder of the programs of a cluster, and of what kwok does with its nodes."""

    folder: Path

    def program(self, name: str) -> Path:
        """Return the path of a program: one of PROGRAMS, etcd, docker-registry, kwok, coredns or pause."""
        return self.folder / name

    @property
    def stages(self) -> Path:
        """The file that tells kwok how nodes and pods live."""
        return self.folder / "stages.yaml"


def ensure_provider(cache: Path, say: Say) -> Path:
    """Return a folder with `pulumi-resource-kubernetes`, compiled when the cache has none (15 min on 2 cores).

    Raises SandboxError when the module cannot be fetched or does not compile.
    """
    key = f"kubernetes-provider-{PROVIDER_VERSION}-{_recipe('', 'provider')}"

    def build(folder: Path) -> None:
        say(
            f"compiling Pulumi's provider for Kubernetes {PROVIDER_VERSION} from its Go module "
            f"(about 15 min the first time); log: {cache / key}.log"
        )
        go = _Go(ensure_go(cache, say), cache / f"{key}.log")
        work = go.module("provider", folder)
        source = go.source(work, PROVIDER_MODULE) / "cmd" / "pulumi-resource-kubernetes"
        for text in PROVIDER_TEXTS:
            shutil.copyfile(source / text, work / text)
        flags = f"-X {PROVIDER_MODULE}/pkg/version.Version={PROVIDER_VERSION}"
        go.build(work, folder / "pulumi-resource-kubernetes", ".", flags)

    return entry(cache, key, build)


def ensure_binaries(cache: Path, say: Say) -> Binaries:
    """Return the programs of a cluster, compiled when the cache has none (20 min on 2 cores).

    Raises SandboxError when a module or a Debian package cannot be fetched, or does not compile.
    """
    key = f"kubernetes-{VERSION}-{_recipe(repr((STAGES, DEBIAN_PROGRAMS, OTHERS)), 'kubernetes', *OTHERS)}"

    def build(folder: Path) -> None:
        say(
            f"compiling Kubernetes {VERSION}, kwok, CoreDNS and kube-router from Go modules "
            f"(about 20 min the first time); log: {cache / key}.log"
        )
        log = cache / f"{key}.log"
        go = _Go(ensure_go(cache, say), log)
        stamp = f"-X k8s.io/component-base/version.gitVersion=v{VERSION}"
        go.build(go.module("kubernetes", folder), folder / "kubernetes", ".", stamp)
        for name in PROGRAMS:
            (folder / name).symlink_to("kubernetes")
        for name, package in OTHERS.items():
            go.build(go.module(name, folder), folder / name, package)
        stages = go.source(folder / "modules" / "kwok", "sigs.k8s.io/kwok") / "kustomize" / "stage"
        (folder / "stages.yaml").write_text("\n---\n".join((stages / name).read_text() for name in STAGES))
        _take_from_debian(folder, log)

    return Binaries(entry(cache, key, build))


def _recipe(choices: str, *programs: str) -> str:
    digest = sha256(choices.encode())
    for program in programs:
        for file in sorted((SOURCES / program).iterdir()):
            digest.update(f"\0{program}/{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _take_from_debian(folder: Path, log: Path) -> None:
    packages = folder / "packages"
    packages.mkdir()
    run(["apt-get", "download", *DEBIAN_PROGRAMS], log, cwd=packages)
    for package, program in DEBIAN_PROGRAMS.items():
        (archive,) = packages.glob(f"{package}_*.deb")
        run(["dpkg-deb", "--extract", archive, packages / package], log)
        shutil.move(packages / package / program, folder / Path(program).name)
    shutil.rmtree(packages)


class _Go:
    """The `go` command, each program in a module of its own, so that it gets the dependencies that it names."""

    def __init__(self, go: Path, log: Path) -> None:
        self._go = go
        self._log = log
        # The modules are named in go.mod; what those need besides, and their sums, is written by the command.
        self._environment = go_environment(go, "-mod=mod")

    def module(self, program: str, folder: Path) -> Path:
        """Return a copy of the sources of a program, where the command may write."""
        return Path(shutil.copytree(SOURCES / program, folder / "modules" / program))

    def build(self, work: Path, binary: Path, package: str, *flags: str) -> None:
        """Compile and link `package` of the module in `work`."""
        command: Sequence[str | Path] = [self._go, "build", "-o", binary, "-ldflags"]
        run([*command, " ".join(["-s", "-w", *flags]), package], self._log, cwd=work, env=self._environment)

    def source(self, work: Path, module: str) -> Path:
        """Return the folder of a module that the one in `work` requires, in Go's own cache."""
        answer = subprocess.run(
            [self._go, "mod", "download", "-json", module],
            cwd=work,
            env={**os.environ, **self._environment},
            capture_output=True,
            text=True,
            check=False,
        )
        found = json.loads(answer.stdout or "{}").get("Dir")
        if not found:
            raise SandboxError(
                f"{module} cannot be downloaded: {answer.stderr.strip()}. See {self._log}, and "
                "have the Go module proxy in reach (GOPROXY)."
            )
        return Path(found)
