"""Finds out the password of the superuser of the stack's own node, and makes it what is wanted."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from components.backoff import Backoff, Patience
from components.elasticsearch.client.client import Client, Requests
from components.elasticsearch.client.connection import Connection
from components.elasticsearch.client.failures import way_back_in
from components.elasticsearch.errors import CredentialsError, UnavailableError

SUPERUSER = "elastic"

PATIENCE = 30.0
"""Seconds for which a node that accepts no password is asked again.

After a start Elasticsearch says 401 to everybody for as long as the index with its users, which it opens before others,
is not there yet.
"""

PAUSE = 2.0
NOT_FORMED = "_na_"
"""What a node gives as its cluster's uuid before there is a cluster."""


def converge(
    connection: Connection,
    wanted: str,
    known: Iterable[str],
    *,
    container: str,
    patience: float = PATIENCE,
    say: Callable[[str], None] = lambda _line: None,
) -> str:
    """Make `wanted` the superuser's password; return the cluster's uuid.

    `connection` is the node's, with any password; `known` are passwords that it may have had before. Raises
    CredentialsError if it accepts none of them for `patience` seconds: the message names the way back in, through
    `container`.
    """
    backoff = Backoff(Patience(limit=patience, first_pause=PAUSE, longest_pause=PAUSE))
    while True:
        for password in dict.fromkeys([wanted, *known]):
            with Client(replace(connection, password=password)) as client:
                try:
                    uuid = read_cluster_uuid(client, patience)
                except CredentialsError:
                    continue
                if password != wanted:
                    client.request("POST", f"/_security/user/{SUPERUSER}/_password", {"password": wanted})
            return uuid
        pause = backoff.next_pause()
        if pause is None:
            raise CredentialsError(
                f"The node in container {container} accepts no password that this stack knows for its user "
                f"{SUPERUSER} (401). {way_back_in(connection, container)}"
            )
        if backoff.failures == 1:
            say(f"the node accepts no known password yet: it is asked again for {patience:.0f} s")
        time.sleep(pause)


def read_cluster_uuid(client: Requests, patience: float = PATIENCE) -> str:
    """Wait until there is a cluster, and return its uuid, which lasts as long as its data.

    Raises UnavailableError when there is none after `patience` seconds.
    """
    backoff = Backoff(Patience(limit=patience, first_pause=PAUSE / 4, longest_pause=PAUSE / 4))
    while True:
        uuid = str(client.request("GET", "/").get("cluster_uuid") or NOT_FORMED)
        if uuid != NOT_FORMED:
            return uuid
        if not backoff.again():
            raise UnavailableError(
                f"The node answers, and has formed no cluster within {patience:.0f} s. Its log says why."
            )
