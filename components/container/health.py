"""The health check of a container with an HTTP server; it needs only bash in the image."""

from collections.abc import Sequence
from http import HTTPStatus

import pulumi_docker as docker

from components.engine.container import CONNECT


def http_healthcheck(
    port: int,
    path: str,
    *,
    answer_within: int,
    ready_within: int,
    healthy: Sequence[int] = (HTTPStatus.OK,),
    also: str = "",
) -> docker.ContainerHealthcheckArgs:
    """Ask the server on `port` for `path`: it is healthy when it answers with one of the statuses `healthy`.

    The response must come within `answer_within` seconds; failures count only after `ready_within` seconds. `also` has
    bash commands that must also succeed, or is empty.
    """
    request = http_request(port, path, answer_within=answer_within, healthy=healthy)
    return docker.ContainerHealthcheckArgs(
        tests=["CMD", "bash", "-c", f"{request} && {{ {also}; }}" if also else request],
        interval="3s",
        timeout=f"{answer_within + answer_within // 4}s",
        retries=3,
        start_period=go_duration(ready_within),
    )


def http_request(
    port: int, path: str, *, answer_within: int, healthy: Sequence[int] = (HTTPStatus.OK,)
) -> str:
    """Return bash commands that succeed when the server on `port` answers with one of the statuses `healthy`."""
    statuses = " || ".join(f"$line == *' {int(status)} '*" for status in healthy)
    return (
        f"{CONNECT.format(port=port)} && printf 'GET {path} HTTP/1.0\\r\\n\\r\\n' >&3 "
        f"&& read -r -t {answer_within} line <&3 && [[ {statuses} ]]"
    )


def go_duration(seconds: int) -> str:
    """Return a duration below an hour as the provider reads it back, which is as Go writes it: 300 s are "5m0s"."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
