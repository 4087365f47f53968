"""The password of `elastic`: changed by a request, or by the tool of the image beside the running node."""

import string
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.sandbox.elasticsearch_node.answers import error_of
from tests.contract.sandbox.elasticsearch_node.keys import Key
from tests.fixtures.elasticsearch_node import Node, start_node

pytestmark = pytest.mark.sandbox

TOOL = "elasticsearch-reset-password"


@pytest.fixture(scope="module")
def writable_node(elasticsearch_image: str) -> Iterator[Node]:
    """Run a node as the stack does: the tool writes to config, so the root file system must be writable."""
    with start_node(image=elasticsearch_image, read_only=False) as node:
        yield node


def lets_in(node: Node, password: str) -> bool:
    return node.send("GET", "/", auth=("elastic", password)).status_code == 200


def test_a_changed_password_is_the_one_that_counts_also_after_a_restart(writable_node: Node) -> None:
    node, old, path = writable_node, writable_node.password, "/_security/user/elastic/_password"
    changed = node.send("POST", path, {"password": "another word"})
    assert (changed.status_code, changed.json()) == (200, {})
    assert lets_in(node, "another word")
    assert not lets_in(node, old)
    node.password = "another word"
    node.stop()
    node.start()
    assert not lets_in(node, old)
    assert node.send("POST", path, {"password": old}).ok
    node.password = old


@pytest.mark.parametrize(
    ("user", "body", "told"),
    [
        ("elastic", {"password": "short"}, "passwords must be at least [6] characters long"),
        ("elastic", {}, "request must contain either a password or a password hash"),
        ("nobody", {"password": "long enough"}, "user must exist in order to change password"),
    ],
)
def test_a_password_that_cannot_be_is_refused(node: Node, user: str, body: dict[str, Any], told: str) -> None:
    answer = node.send("POST", f"/_security/user/{user}/_password", body)
    assert (answer.status_code, told in error_of(answer)["reason"]) == (400, True)


def test_a_key_changes_the_password_only_with_the_privilege_for_it(node: Node) -> None:
    body = {"password": "another word"}
    assert Key(node, ["manage"]).send("POST", "/_security/user/elastic/_password", body).status_code == 403


class TestTool:
    """bin/elasticsearch-reset-password, run in the container of the running node."""

    @pytest.mark.parametrize("options", [["-b"], ["-b", "--url", "http://127.0.0.1:9200"]])
    def test_it_prints_a_new_password_and_the_old_one_is_refused(
        self, writable_node: Node, options: list[str]
    ) -> None:
        old = writable_node.password
        code, told = writable_node.container.exec_run([TOOL, "-u", "elastic", *options])
        assert code == 0, told
        lines = told.decode().splitlines()
        assert lines[0] == "Password for the [elastic] user successfully reset."
        assert lines[1].startswith("New value: ")
        new = lines[-1].removeprefix("New value: ")
        assert len(new) == 20
        assert set(new) <= {*string.ascii_letters, *string.digits, *"*-_=+"}
        writable_node.password = new
        assert lets_in(writable_node, new)
        assert not lets_in(writable_node, old)

    def test_its_own_user_goes_with_it(self, writable_node: Node) -> None:
        users = writable_node.container.exec_run("cat /usr/share/elasticsearch/config/users")
        assert users.output == b""

    @pytest.mark.parametrize(
        ("arguments", "code", "told"),
        [
            (["-b"], 64, "Missing required option(s) [u/username]"),
            (["-b", "-u", "nobody"], 75, "Failed to reset password for the [nobody] user"),
            (["-b", "-u", "elastic", "--url", "http://127.0.0.1:1"], 69, "health of the cluster"),
            (["-i", "-u", "elastic"], 64, "-i is not an option of this stand-in"),
            (["-u", "elastic"], 64, "give it -b"),
        ],
    )
    def test_it_says_why_it_failed(
        self, writable_node: Node, arguments: list[str], code: int, told: str
    ) -> None:
        ended = writable_node.container.exec_run([TOOL, *arguments])
        assert (ended.exit_code, told in ended.output.decode()) == (code, True)

    def test_it_needs_a_configuration_that_can_be_written(self, elasticsearch_node: Node) -> None:
        ended = elasticsearch_node.container.exec_run([TOOL, "-b", "-u", "elastic"])
        assert (ended.exit_code, "config/users: cannot be written" in ended.output.decode()) == (65, True)
