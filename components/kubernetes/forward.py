"""Reaches a Service of a cluster from outside, by `kubectl port-forward`.

A forward is for one pod, and ends with it; its local port stays, and a new one is started for the next pod.
"""

from __future__ import annotations

import atexit
import socket
import subprocess
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from components.kubernetes.address import ServiceAddress
from components.kubernetes.errors import KubectlError, NoKubectlError, NotFoundError, UnreachedServiceError
from components.kubernetes.kubectl import Target, command, explained

LOOPBACK = "127.0.0.1"
STARTED_WITHIN = 20.0
"""Seconds within which the forward must be there."""

PAUSE = 0.3
"""Seconds before a forward that has ended is started again."""

LONGEST_PAUSE = 5.0

_FORWARDS = "Forwarding from"
"""What kubectl says first, when its port answers."""

_NOT_FOUND = 127
"""Exit code of a shell for a command that is not there."""

_WITH_THIS = (
    "sh",
    "-c",
    'exec 3<&0; "$@" </dev/null 3<&- & child=$!; (read -r _ <&3; kill $child) >/dev/null 2>&1 & waits=$!; '
    "exec 3<&- >/dev/null 2>&1; wait $child; ended=$?; kill $waits; exit $ended",
    "sh",
)
"""Ends the command that follows as soon as this process ends, however that happens: its input ends then."""


class Forward:
    """A port of this machine at which a Service answers for as long as this process lives.

    Raises KubectlError where there is no forward to be had at first.
    """

    def __init__(self, address: ServiceAddress) -> None:
        self._address = address
        self._target = Target(context=address.context, namespace=address.namespace)
        self._ended = threading.Event()
        self.port = _free_port()
        self._process = self._started()
        atexit.register(self.close)
        threading.Thread(target=self._watch, daemon=True).start()

    def close(self) -> None:
        """End the forward; it needs some milliseconds for that."""
        self._ended.set()
        _end(self._process)

    def _started(self) -> subprocess.Popen[str]:
        """Start kubectl and wait until its port answers. Raises KubectlError with what it says."""
        service, ports = f"service/{self._address.service}", f"{self.port}:{self._address.port}"
        process = subprocess.Popen(
            [*_WITH_THIS, *command(self._target), "port-forward", "--address", LOOPBACK, service, ports],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Ctrl-C is for this process, which may have something to finish with the Service.
            start_new_session=True,
        )
        late = threading.Timer(STARTED_WITHIN, _end, [process])
        late.start()
        said = []
        for line in process.stdout or ():
            if line.startswith(_FORWARDS):
                late.cancel()
                return process
            said.append(line)
        late.cancel()
        _end(process)
        if process.wait() == _NOT_FOUND:
            raise NoKubectlError
        raise self._unreached("".join(said))

    def _unreached(self, said: str) -> KubectlError:
        """Return the error for a forward that can't be had; `said` is what kubectl says, nothing if it was too late."""
        late = f"no pod of it took a connection within {STARTED_WITHIN:.0f} s."
        error = explained(said) if said.strip() else KubectlError(late)
        told = f"{self._address.url} can't be reached: {error}"
        if type(error) in (KubectlError, NotFoundError):  # any other says itself what to do
            told += (
                f"\n`{self._address.kubectl} get services,pods` shows what is there; `pulumi up` makes what is "
                "missing."
            )
        return UnreachedServiceError(told)

    def _watch(self) -> None:
        """Start the forward again whenever it has ended, until this is closed."""
        pause = PAUSE
        while True:
            # What it says of each connection is read, so that it never waits for a reader.
            for _line in self._process.stdout or ():
                pass
            _end(self._process)
            self._process.wait()
            if self._ended.wait(pause):
                return
            try:
                self._process = self._started()
            except KubectlError:
                # The next request says that nothing answers, and a later start may succeed.
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            pause = PAUSE
            if self._ended.is_set():
                _end(self._process)


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
            _forwards[address] = Forward(address)
    path = urlsplit(url).path.removeprefix("/").partition("/")[2]
    return f"http://{LOOPBACK}:{_forwards[address].port}" + (f"/{path}" if path else "")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
        return port


def _end(process: subprocess.Popen[str]) -> None:
    """Let a forward end, by the end of its input."""
    if process.stdin:
        with suppress(OSError):
            process.stdin.close()
