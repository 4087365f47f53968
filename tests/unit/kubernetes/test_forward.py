"""A Service is reached at a port of this machine for as long as the process lives that asks it, and no longer."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from components.elasticsearch.client.client import Client, ClusterPatience
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.embedding import server
from components.elasticsearch.errors import EmbeddingUnavailableError, UnreachableError
from components.kubernetes import forward
from components.kubernetes.errors import NoKubectlError, UnreachedServiceError

URL = "kubectl://its%20context@search/llama-server:8080"

FORWARDING = f"""#!{sys.executable}
import http.server, os, sys

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/end":
            os._exit(1)
        told = [self.path, os.environ.get("KUBECONFIG", ""), str(os.getpid()), *sys.argv[1:-1]]
        self.send_response(200)
        self.end_headers()
        self.wfile.write("\\n".join(told).encode())

port = int(sys.argv[-1].partition(":")[0])
with http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers) as serving:
    print(f"Forwarding from 127.0.0.1:{{port}} -> 8080", flush=True)
    serving.serve_forever()
"""


@pytest.fixture(autouse=True)
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put a kubectl on PATH that answers itself where it would forward."""
    program = tmp_path / "kubectl"
    program.write_text(FORWARDING)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("KUBECONFIG", "/its/kubeconfig")
    forwards: dict[object, forward.Forward] = {}
    monkeypatch.setattr(forward, "_forwards", forwards)
    yield program
    for one in forwards.values():
        one.close()


def says(program: Path, script: str) -> None:
    program.write_text(f"#!/bin/sh\n{script}\n")


def get(url: str) -> list[str]:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 (a port of this test)
        return str(response.read().decode()).splitlines()


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 15
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return False


def answers(url: str) -> bool:
    try:
        return bool(get(url))
    except OSError:
        return False


def lives(pid: int) -> bool:
    # A process that has ended and that nobody has waited for is none that lives.
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:8080/v1", "https://search.example:9200"])
def test_other_addresses_are_as_they_are(kubectl: Path, url: str) -> None:
    kubectl.unlink()
    assert forward.forwarded(url) == url


def test_a_service_is_asked_in_its_cluster_and_with_the_path() -> None:
    path, kubeconfig, _, *arguments = get(forward.forwarded(f"{URL}/query/v1/embeddings"))
    assert path == "/query/v1/embeddings"
    assert kubeconfig == "/its/kubeconfig"
    told = "--context,its context,--namespace,search,port-forward,--address,127.0.0.1,service/llama-server"
    assert arguments == told.split(",")


def test_a_service_has_one_forward_and_another_service_has_another() -> None:
    urls = [forward.forwarded(url) for url in (URL, f"{URL}/a", f"{URL}-queries:1".replace(":8080", ""))]
    pids = [get(url)[2] for url in urls]
    assert pids[0] == pids[1] != pids[2]


def test_requests_at_once_share_a_forward() -> None:
    with ThreadPoolExecutor(8) as pool:
        urls = set(pool.map(forward.forwarded, [URL] * 8))
    assert len(urls) == 1


def test_an_interruption_from_the_terminal_is_not_for_the_forward() -> None:
    kubectl = int(get(forward.forwarded(URL))[2])
    assert os.getpgid(kubectl) != os.getpgid(0)


def test_a_forward_that_ends_with_its_pod_is_started_again_at_the_same_port() -> None:
    url = forward.forwarded(URL)
    before = get(url)[2]
    with pytest.raises(OSError, match=r"closed|reset"):
        get(f"{url}/end")
    assert eventually(lambda: answers(url))
    assert get(url)[2] != before
    assert forward.forwarded(URL) == url


def test_it_is_tried_again_when_there_is_no_pod_for_a_while(
    kubectl: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forward, "PAUSE", 0.05)
    url = forward.forwarded(URL)
    says(kubectl, f"echo no >>{kubectl.parent}/tried; exit 1")
    with pytest.raises(OSError, match=r"closed|reset"):
        get(f"{url}/end")
    tried = kubectl.parent / "tried"
    assert eventually(lambda: tried.exists() and len(tried.read_text().splitlines()) > 1)
    kubectl.write_text(FORWARDING)
    assert eventually(lambda: answers(url))


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (
            "echo 'Error from server (NotFound): services \"llama-server\" not found' >&2; exit 1",
            [
                "not found",
                "kubectl --context 'its context' --namespace search get services,pods",
                "pulumi up",
            ],
        ),
        ("echo 'error: context \"its context\" does not exist' >&2; exit 1", ["kubectl config get-contexts"]),
        ("exec sleep 30", ["no pod of it took a connection within 0 s"]),
    ],
    ids=["no service", "no context", "nothing said"],
)
def test_a_service_without_a_way_in_is_a_connection_that_fails_with_what_to_do(
    kubectl: Path, monkeypatch: pytest.MonkeyPatch, script: str, told: list[str]
) -> None:
    monkeypatch.setattr(forward, "STARTED_WITHIN", 0.3 if "sleep" in script else 20)
    says(kubectl, script)
    with pytest.raises(UnreachedServiceError) as raised:
        forward.forwarded(URL)
    assert isinstance(raised.value, ConnectionError)
    assert str(raised.value).startswith(f"{URL} can't be reached")
    assert [part for part in told if part not in str(raised.value)] == []


def test_without_kubectl_the_error_says_so(kubectl: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl.unlink()
    (kubectl.parent / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(kubectl.parent))
    with pytest.raises(NoKubectlError):
        forward.forwarded(URL)


def test_elasticsearch_and_the_gateway_without_a_way_in_do_not_answer(kubectl: Path) -> None:
    says(kubectl, "echo 'Error from server (NotFound): services \"elasticsearch\" not found'; exit 1")
    connection = Connection(url="kubectl://search/elasticsearch:9200")
    with pytest.raises(UnreachableError, match="kubectl://search/elasticsearch:9200 can't be reached"):
        Client(connection, ClusterPatience(unreachable=0)).request("GET", "/")
    with pytest.raises(EmbeddingUnavailableError, match=r"kubectl --namespace search get pods"):
        server.count_tokens("kubectl://search/llama-server:8080/v1/embeddings", "", "a", timeout=1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, None], ids=["killed", "stopped", "ended"])
def test_nothing_of_a_forward_outlives_its_process(ending: signal.Signals | None) -> None:
    program = (
        "import sys\nfrom components.kubernetes.forward import forwarded\n"
        f"print(forwarded({URL!r}), flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    ) as process:
        assert process.stdin
        assert process.stdout
        kubectl = int(get(process.stdout.readline().strip())[2])
        assert lives(kubectl)
        if ending is None:
            process.stdin.close()
        else:
            process.send_signal(ending)
        process.wait(15)
    assert eventually(lambda: not lives(kubectl))
