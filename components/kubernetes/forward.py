"""Reaches a Service of a cluster from outside, by `kubectl port-forward`.

A forward is for one pod, and ends with it; its local port stays, and a new one is started for the next pod.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import threading
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

from components.kubernetes.address import ServiceAddress
from components.kubernetes.errors import NoKubectlError
from components.kubernetes.kubectl import Target, command, explained

LOOPBACK = "127.0.0.1"
STARTED_WITHIN = 20.0
POLL = 0.05
PAUSE = 0.5
"""Seconds before a forward that has ended is started again."""

LONGEST_PAUSE = 5.0

_WITH_THIS = (
    "sh",
    "-c",
    'exec 3<&0; "$@" </dev/null & child=$!; (cat <&3; kill $child) >/dev/null 2>&1 & wait $child',
    "sh",
)
"""Ends the command that follows as soon as this process ends, however that happens: its input ends then."""


class Forward:
    """A port of this machine at which a Service answers for as long as this process lives."""

    def __init__(self, address: ServiceAddress, kubeconfig: str) -> None:
        self._address = address
        self._target = Target(context=address.context, kubeconfig=kubeconfig, namespace=address.namespace)
        self._process: subprocess.Popen[str] | None = None
        self._ended = False
        self.port = _free_port()
        self._start()
        threading.Thread(target=self._watch, daemon=True).start()
        atexit.register(self.close)

    def close(self) -> None:
        """End the forward."""
        self._ended = True
        if self._process and self._process.stdin:
            self._process.stdin.close()

    def _start(self) -> None:
        """Start kubectl and wait until its port answers. Raises KubectlError with what it says."""
        with ExitStack() as stack:
            words, environment = stack.enter_context(command(self._target))
            service, ports = f"service/{self._address.service}", f"{self.port}:{self._address.port}"
            try:
                process = subprocess.Popen(
                    [*_WITH_THIS, *words, "port-forward", "--address", LOOPBACK, service, ports],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    text=True,
                    env=environment,
                )
            except FileNotFoundError as error:
                raise NoKubectlError from error
            until = time.monotonic() + STARTED_WITHIN
            while not _listens(self.port):
                if process.poll() is not None or time.monotonic() > until:
                    process.kill()
                    said = process.communicate()[1]
                    raise explained(said or f"{self._address.url} can't be reached.")
                time.sleep(POLL)
            self._process = process

    def _watch(self) -> None:
        pause = PAUSE
        while not self._ended:
            process = self._process
            # What it says of connections that broke is read, so that it never waits for a reader.
            if process and process.stderr:
                process.stderr.read()
                process.wait()
            if self._ended:
                return
            time.sleep(pause)
            try:
                self._start()
                pause = PAUSE
            except Exception:  # noqa: BLE001 (the next request tells that nothing answers, and a later start may succeed)
                self._process = None
                pause = min(2 * pause, LONGEST_PAUSE)


_forwards: dict[ServiceAddress, Forward] = {}
_lock = threading.Lock()


def forwarded(url: str) -> str:
    """Return the address on this machine that leads to a kubectl:// address; any other address as it is.

    There is one forward for each Service and process. Raises KubectlError where none can be had.
    """
    address = ServiceAddress.from_url(url)
    if address is None:
        return url
    with _lock:
        if address not in _forwards:
            _forwards[address] = Forward(address, os.environ.get("KUBECTL_KUBECONFIG", ""))
    path = urlsplit(url).path.removeprefix("/").partition("/")[2]
    return f"http://{LOOPBACK}:{_forwards[address].port}" + (f"/{path}" if path else "")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((LOOPBACK, port)) == 0
