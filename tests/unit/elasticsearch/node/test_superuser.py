"""How the superuser's password is found and made what is wanted, against a node of one user."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from components.elasticsearch.client.connection import Connection
from components.elasticsearch.dynamic.superuser import ACCEPTED, REFUSED, SuperuserProvider
from components.elasticsearch.errors import CredentialsError
from components.elasticsearch.node import superuser


class Node(ThreadingHTTPServer):
    """A node that knows one password; it lets nobody in for its first `deaf` requests, as after a start."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.password = "of-the-volume"
        self.deaf = 0
        self.uuids = ["the-cluster"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Node

    def do_GET(self) -> None:
        if not self._known():
            return
        if self.path == "/_cluster/health":
            self._answer(200, {"status": "green"})
        else:
            uuids = self.server.uuids
            self._answer(200, {"cluster_uuid": uuids.pop(0) if len(uuids) > 1 else uuids[0]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._known():
            assert self.path == "/_security/user/elastic/_password"
            self.server.password = body["password"]
            self._answer(200, {})

    def _known(self) -> bool:
        node = self.server
        _, _, password = base64.b64decode(self.headers["Authorization"][6:]).decode().partition(":")
        if password == node.password and node.deaf == 0:
            return True
        node.deaf = max(0, node.deaf - 1)
        error = {"type": "security_exception", "reason": "unable to authenticate user [elastic]"}
        self._answer(401, {"error": error, "status": 401})
        return False

    def _answer(self, status: int, body: object) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Iterator[Node]:
    monkeypatch.setattr(superuser, "PAUSE", 0.01)
    served = Node()
    threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True).start()
    yield served
    served.shutdown()
    served.server_close()


def converge(node: Node, wanted: str, *known: str, patience: float = 0) -> str:
    connection = Connection(url=node.url, user="elastic", managed=True)
    return superuser.converge(connection, wanted, known, container="the-node", patience=patience)


@pytest.mark.parametrize("known", [("of-the-volume",), ("wrong", "of-the-volume")])
def test_a_password_that_was_known_before_is_changed_to_the_wanted_one(
    node: Node, known: tuple[str, ...]
) -> None:
    assert converge(node, "wanted", *known) == "the-cluster"
    assert node.password == "wanted"


def test_the_wanted_password_is_left_as_it_is(node: Node) -> None:
    assert converge(node, "of-the-volume") == "the-cluster"


def test_a_node_that_lets_nobody_in_yet_is_asked_again(node: Node) -> None:
    node.deaf = 3
    assert converge(node, "of-the-volume", patience=5) == "the-cluster"


def test_a_cluster_that_forms_is_waited_for(node: Node) -> None:
    node.uuids = ["_na_", "the-cluster"]
    assert converge(node, "of-the-volume", patience=5) == "the-cluster"


def test_a_password_that_nobody_here_knows_is_an_error_with_the_way_back_in(node: Node) -> None:
    with pytest.raises(CredentialsError) as raised:
        converge(node, "hunter2", "hunter3")
    told = str(raised.value)
    assert "docker exec the-node bin/elasticsearch-reset-password -u elastic -b" in told
    assert "pulumi config set --secret elasticsearchPassword" in told
    assert "elasticsearchUser" not in told
    assert "hunter" not in told


INPUTS = {
    "user": "elastic",
    "container": "1",
    "container_name": "the-node",
    "generated": "of-the-volume",
    "wanted": "",
    "schema_version": "1",
    "password_state": ACCEPTED,
    "password": None,
    "cluster_uuid": None,
}


def test_the_resource_gives_the_password_and_the_cluster(node: Node) -> None:
    made = SuperuserProvider().create({**INPUTS, "url": node.url}).outs
    assert made is not None
    assert (made["password"], made["cluster_uuid"]) == ("of-the-volume", "the-cluster")


def test_a_setting_changes_the_password_and_its_removal_changes_it_back(node: Node) -> None:
    provider, inputs = SuperuserProvider(), {**INPUTS, "url": node.url}
    made = provider.create(inputs).outs or {}
    changed = provider.update("elastic", made, {**inputs, "wanted": "my-own-word"}).outs or {}
    assert (node.password, changed["password"]) == ("my-own-word", "my-own-word")
    back = provider.update("elastic", changed, inputs).outs or {}
    assert (node.password, back["password"]) == ("of-the-volume", "of-the-volume")


@pytest.mark.parametrize("key", ["wanted", "container", "generated"])
def test_another_container_or_password_is_a_change(node: Node, key: str) -> None:
    provider, inputs = SuperuserProvider(), {**INPUTS, "url": node.url}
    made = provider.create(inputs).outs or {}
    assert not provider.diff("elastic", made, inputs).changes
    assert provider.diff("elastic", made, {**inputs, key: "another"}).changes


def test_refresh_sees_a_password_that_works_no_more_and_the_next_update_says_what_to_do(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, inputs = SuperuserProvider(), {**INPUTS, "url": node.url}
    made = provider.create(inputs).outs or {}
    node.password = "changed-by-hand"

    read = provider.read("elastic", made).outs or {}

    assert read["password_state"] == REFUSED
    assert provider.diff("elastic", read, inputs).changes
    monkeypatch.setattr(superuser.converge, "__kwdefaults__", {"patience": 0, "say": print})
    with pytest.raises(CredentialsError, match="elasticsearch-reset-password"):
        provider.update("elastic", read, inputs)


def test_refresh_sees_another_cluster(node: Node) -> None:
    provider, inputs = SuperuserProvider(), {**INPUTS, "url": node.url}
    made = provider.create(inputs).outs or {}
    node.uuids = ["another"]
    assert (provider.read("elastic", made).outs or {})["cluster_uuid"] == "another"
