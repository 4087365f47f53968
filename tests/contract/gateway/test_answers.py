"""What the gateway answers where something is wrong, slow, large or gone, and what it tells of itself."""

import gzip
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.contract.gateway.conftest import Doubles, Lanes
from tests.contract.gateway.llama_double import vector_of
from tests.contract.gateway.running import WIDTH, double, gateway

PATH = "/query/v1/embeddings"
SECRET = "a-secret-text"


def error_of(answer: requests.Response) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


def figure(lanes: Lanes, name: str, **labels: str) -> float:
    text = lanes.gateway.get("/metrics").text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return sum(
        sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items()
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe{}",
        b'{"input": "\xed\xa0\x80"}',
        b'{"input": "\\ud800"}',
        b'{"input": ["a", "\\udfff"]}',
        b"[" * 100_000,
        b'{"input": ' + b"9" * 5000 + b"}",
        '{"input": "a"}'.encode("utf-16"),
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_a_body_that_is_no_request_is_refused(lanes: Lanes, raw: bytes) -> None:
    answer = lanes.gateway.ask(PATH, raw)
    assert answer.status_code == 400
    assert error_of(answer)["type"] == "invalid_request_error"


@pytest.mark.parametrize("count", [1, 32, 33, 2048])
@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_texts_are_split_and_joined_in_their_order(lanes: Lanes, count: int, encoding: str) -> None:
    texts = [f"text {number}" for number in range(count)]
    answer = lanes.gateway.ask("/v1/embeddings", {"input": texts, "encoding_format": encoding})
    found = answer.json()
    assert [row["index"] for row in found["data"]] == list(range(count))
    assert found["usage"] == {"prompt_tokens": 4 * count, "total_tokens": 4 * count}
    assert found["model"] == "a-model"
    if encoding == "float":
        for row, text in zip(found["data"], texts, strict=True):
            assert row["embedding"] == pytest.approx(vector_of(text, WIDTH), abs=1e-6)
    assert sorted(lanes.documents.inputs()) == sorted(texts)
    assert max(len(request["body"]["input"]) for request in lanes.documents.sent()) <= 32


def test_more_than_2048_texts_are_refused(lanes: Lanes) -> None:
    assert error_of(lanes.gateway.ask(PATH, {"input": ["a"] * 2049}))["param"] == "input"


@pytest.mark.parametrize("name", ["a-model", "another-name", None])
def test_every_name_of_the_model_serves(lanes: Lanes, name: str | None) -> None:
    assert lanes.gateway.ask(PATH, {"input": "a", "model": name}).ok


@pytest.mark.parametrize(
    ("status", "said", "answered", "again"),
    [
        (503, "Loading model", 429, True),
        (500, "failed to get embeddings", 429, True),
        (401, "Invalid API Key", 429, True),
        (501, "This server does not support embeddings.", 429, True),
        (400, "Prompt contains invalid tokens", 400, False),
        (400, "input (99 tokens) is larger than the max context size (40 tokens). skipping", 400, False),
        (500, "input (99 tokens) is too large to process. increase the physical batch size", 400, False),
    ],
)
def test_only_what_passes_is_answered_so_that_clients_ask_again(
    lanes: Lanes, status: int, said: str, answered: int, again: bool
) -> None:
    error = {"error": {"code": status, "message": said, "type": "any"}}
    lanes.queries.behave(status=status, answer=json.dumps(error))
    answer = lanes.gateway.ask(PATH, {"input": "a"})
    assert (answer.status_code, "Retry-After" in answer.headers) == (answered, again)
    assert error_of(answer)["message"]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{}",
        "[]",
        "not JSON",
        '{"data": []}',
        '{"data": [{"embedding": "AAAA"}], "usage": {"prompt_tokens": 1}}',
    ],
)
def test_an_answer_that_is_none_passes_for_a_fault_of_the_server(lanes: Lanes, answer: str) -> None:
    lanes.queries.behave(status=200, answer=answer)
    assert lanes.gateway.ask(PATH, {"input": "a"}).status_code == 429


def test_numbers_that_are_none_are_not_handed_on(lanes: Lanes) -> None:
    for vector in (
        "[NaN, 0, 0, 0, 0, 0, 0, 0]",
        "[Infinity, 0, 0, 0, 0, 0, 0, 0]",
        "[3, 0, 0, 0, 0, 0, 0, 0]",
    ):
        assert lanes.gateway.ask(PATH, {"input": f"vector {vector}"}).status_code == 429


def test_a_server_that_takes_less_than_the_gateway_was_told_is_not_asked_again(lanes: Lanes) -> None:
    lanes.queries.behave(takes=10)
    error = error_of(lanes.gateway.ask(PATH, {"input": ["a", " ".join("b" * 15), "c"]}))
    assert (error["param"], error["code"]) == ("input", "input_too_long")
    assert "18 tokens" in error["message"]


def test_until_servers_are_named_and_when_they_are_gone_clients_are_told_to_ask_again(
    doubles: Doubles,
) -> None:
    other = doubles[0]
    with gateway() as one, double() as gone:
        for path in (PATH, "/tokenize", "/health"):
            answer = one.ask(path, {"input": "a", "content": "a"}) if path != "/health" else one.get(path)
            status = 503 if path == "/health" else 429
            assert (answer.status_code, answer.headers["Retry-After"]) == (status, "1")
        one.use("queries", gone)
        one.use("documents", other)
        assert one.get("/health").json() == {"status": "ok", "lanes": {"queries": "ok", "documents": "ok"}}
        gone.behave(health=503)
        assert one.get("/health").json()["lanes"] == {"queries": "unavailable", "documents": "ok"}
        gone.process.kill()
        gone.process.wait()
        for answer, status in ((one.ask(PATH, {"input": "a"}), 429), (one.get("/health"), 503)):
            assert (answer.status_code, answer.headers["Retry-After"]) == (status, "1")
        assert one.ask("/document/v1/embeddings", {"input": "a"}).ok
        assert one.get("/live").status_code == 200


def test_a_server_that_ends_while_it_is_asked_passes_for_a_fault_that_passes() -> None:
    with gateway() as one, double() as server:
        one.use("queries", server)
        server.behave(seconds=30)
        answers: list[requests.Response] = []
        client = threading.Thread(target=lambda: answers.append(one.ask(PATH, {"input": "a"})))
        client.start()
        server.until_asked()
        server.process.kill()
        client.join()
        assert (answers[0].status_code, answers[0].headers["Retry-After"]) == (429, "1")


def test_a_full_lane_refuses_for_now_and_the_other_one_goes_on(doubles: Doubles) -> None:
    slow, fast = doubles
    with gateway(AT_ONCE="2", WAITING="1") as one:
        one.use("documents", slow)
        one.use("queries", fast)
        slow.behave(seconds=1.5)
        answers: list[requests.Response] = []
        clients = [
            threading.Thread(target=lambda: answers.append(one.ask("/v1/embeddings", {"input": "a"})))
            for _ in range(9)
        ]
        for client in clients:
            client.start()
        assert one.ask(PATH, {"input": "a"}).ok
        assert any(client.is_alive() for client in clients)
        for client in clients:
            client.join()
        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 6
        assert all(answer.headers["Retry-After"] == "1" for answer in answers if answer.status_code == 429)
        assert max(request["at_once"] for request in slow.sent()) == 2


def test_the_key_is_asked_for_and_passed_on(doubles: Doubles, tmp_path: Path) -> None:
    server, file = doubles[0], tmp_path / "key"
    file.write_text("the-key\nanother-key\n")
    with gateway(KEY_FILE=str(file)) as one:
        one.use("queries", server)
        one.use("documents", server)
        server.behave(key="Bearer the-key")
        for path in (PATH, "/v1/embeddings", "/tokenize"):
            for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer the-key\xe9"}):
                assert one.ask(path, {"input": "a"}, headers).status_code == 401
        assert one.get("/metrics").status_code == 401
        for headers in ({"Authorization": "Bearer another-key"}, {"X-Api-Key": "the-key"}):
            assert one.ask(PATH, {"input": "a"}, headers).ok
            assert one.get("/metrics", headers).ok
        for path in ("/health", "/live", "/v1/models", "/openapi.json"):
            assert one.get(path).ok
        assert "the-key" not in one.said()


def test_no_page_of_another_origin_may_read_answers_unless_it_is_named(lanes: Lanes) -> None:
    page = {"Origin": "http://page.test", "Access-Control-Request-Method": "POST"}
    asked = requests.options(f"{lanes.gateway.url}{PATH}", headers=page, timeout=10)
    answers = [asked, lanes.gateway.ask(PATH, {"input": "a"}, page), lanes.gateway.get("/health", page)]
    assert asked.status_code == 405
    assert not [name for answer in answers for name in answer.headers if name.startswith("Access-Control")]
    with gateway(CORS_ORIGINS="http://page.test") as one:
        asked = requests.options(f"{one.url}{PATH}", headers=page, timeout=10)
        assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, "http://page.test")
        assert one.get("/live", page).headers["Access-Control-Allow-Origin"] == "http://page.test"
        assert "Access-Control-Allow-Origin" not in one.get("/live", {"Origin": "http://other.test"}).headers


def test_nothing_of_texts_is_logged(doubles: Doubles) -> None:
    server = doubles[0]
    with gateway() as one:
        one.use("queries", server)
        assert one.ask(PATH, {"input": SECRET}).ok
        one.ask(PATH, {"input": [SECRET, 1], "model": SECRET, "task": SECRET})
        one.ask(PATH, SECRET.encode())
        server.behave(status=500, answer=json.dumps({"error": {"message": SECRET}}))
        one.ask(PATH, {"input": SECRET})
        host, port = one.url.removeprefix("http://").split(":")
        for line in (f"{SECRET}\r\n\r\n", f"GET /{SECRET} HTTP/9.9\r\nX: {SECRET}\r\n\r\n"):
            with socket.create_connection((host, int(port)), timeout=10) as client:
                client.sendall(line.encode())
                client.recv(1000)
        assert SECRET not in one.said()


def test_what_is_there_is_told(lanes: Lanes) -> None:
    assert [one["id"] for one in lanes.gateway.get("/v1/models").json()["data"]] == [
        "a-model",
        "another-name",
    ]
    asked = {"content": "three short words", "add_special": True}
    assert len(lanes.gateway.ask("/tokenize", asked).json()["tokens"]) == 5
    assert lanes.gateway.ask("/tokenize", {"content": ["a"]}).status_code == 400
    for method, path, status in (("GET", "/nothing", 404), ("GET", PATH, 405), ("DELETE", "/health", 405)):
        answer = requests.request(method, f"{lanes.gateway.url}{path}", timeout=10)
        assert (answer.status_code, bool(error_of(answer)["message"])) == (status, True)


def test_metrics_count_by_role_status_and_lane(lanes: Lanes) -> None:
    names = [
        ("gateway_request_seconds_count", {"role": "query", "status": "200"}, 2),
        ("gateway_request_seconds_count", {"role": "query", "status": "400"}, 1),
        ("gateway_texts_total", {"role": "query"}, 3),
        ("gateway_tokens_total", {"role": "query"}, 12),
        ("gateway_refused_total", {"code": "model_not_found"}, 1),
    ]
    before = [figure(lanes, name, **labels) for name, labels, _more in names]
    lanes.gateway.ask(PATH, {"input": "a"})
    lanes.gateway.ask(PATH, {"input": ["b", "c"]})
    lanes.gateway.ask(PATH, {"input": "d", "model": "unknown"})
    after = [figure(lanes, name, **labels) for name, labels, _more in names]
    assert [b - a for a, b in zip(before, after, strict=True)] == [more for _name, _labels, more in names]
    for lane in ("queries", "documents"):
        assert figure(lanes, "llamacpp:prompt_tokens_total", lane=lane) == 7
        assert figure(lanes, "gateway_switches_total", lane=lane) == 1
        assert figure(lanes, "gateway_requests_in_flight", lane=lane) == 0


def test_a_server_of_both_lanes_is_counted_once(doubles: Doubles) -> None:
    server = doubles[0]
    with gateway() as one:
        one.use("queries", server)
        one.use("documents", server)
        text = one.get("/metrics").text
        assert 'llamacpp:prompt_tokens_total{lane="queries,documents"} 7.0' in text
        assert text.count("llamacpp:prompt_tokens_total{") == 1


def test_large_and_compressed_bodies(lanes: Lanes) -> None:
    large = lanes.gateway.ask(PATH, {"input": "short", "ignored": "x" * 60 * 2**20})
    assert large.status_code == 200
    refused = lanes.gateway.ask(PATH, {"input": "short", "ignored": "x" * 65 * 2**20})
    assert refused.status_code == 413

    def chunks() -> Any:
        yield b'{"input": "a", "ignored": "'
        for _ in range(65):
            yield b"x" * 2**20

    try:
        answer = requests.post(f"{lanes.gateway.url}{PATH}", data=chunks(), timeout=60)
    except requests.ConnectionError:
        pass  # it was closed while the rest was sent
    else:
        assert answer.status_code == 413
    compressed = lanes.gateway.ask(PATH, gzip.compress(b'{"input": "a"}'), {"Content-Encoding": "gzip"})
    assert compressed.status_code == 415


def test_clients_that_wait_or_leave_hold_nobody_up(lanes: Lanes) -> None:
    host, port = lanes.gateway.url.removeprefix("http://").split(":")
    head = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    silent = [socket.create_connection((host, int(port)), timeout=10) for _ in range(100)]
    for number, client in enumerate(silent):
        client.sendall(head[: 20 + number].encode() if number % 2 else head.encode() + b'{"input"')
    began = time.monotonic()
    assert lanes.gateway.ask(PATH, {"input": "a"}).ok
    assert time.monotonic() - began < 2
    for client in silent:
        client.close()
    lanes.queries.behave(seconds=30)
    with pytest.raises(requests.Timeout):
        requests.post(f"{lanes.gateway.url}{PATH}", json={"input": "a"}, timeout=0.5)
    end = time.monotonic() + 10
    while not lanes.queries.sent()[0]["abandoned"] and time.monotonic() < end:
        time.sleep(0.1)
    assert lanes.queries.sent()[0]["abandoned"]
    assert figure(lanes, "gateway_requests_in_flight", lane="queries") == 0
    assert figure(lanes, "gateway_request_seconds_count", role="query", status="499") >= 1
