"""llama-server in the built image: what it answers, to whom, and as whom it runs."""

import math
from pathlib import Path
from typing import Any

import pytest
import requests

from components.commands.embedding_check import run as run_check
from components.server.container import STOPPED_AFTER
from components.settings import SettingsError
from sandbox.machine.cache import cache_root
from sandbox.models.eurobert import TINY
from sandbox.models.library import ensure_eurobert_model
from tests.contract.server.running import Server, running
from tests.unit.project import stack_settings

pytestmark = pytest.mark.sandbox

SEED = {
    # The environment of the docker-compose setup that this project replaces.
    "LLAMA_ARG_BATCH": None,
    "LLAMA_ARG_UBATCH": None,
    "LLAMA_ARG_KV_UNIFIED": None,
    "LLAMA_ARG_BATCH_SIZE": "8192",
    "LLAMA_ARG_UBATCH_SIZE": "8192",
}

ABORTED = 139
"""Exit code of a server that ended in an assertion."""

QUERY = "my app keeps getting killed in the cluster"
RELATED = "A pod that uses more memory than its limit is terminated with the status OOMKilled."
UNRELATED = "Add partial indexes to speed up slow queries on large tables."


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / math.hypot(*one) / math.hypot(*other)


def document(tokens: int) -> str:
    """Return a text that the synthetic EuroBERT's tokenizer splits into about as many tokens."""
    return "x1" * (tokens // 2)


def test_proves_itself_by_the_stacks_own_check(twin: Server) -> None:
    assert run_check(twin.check(768), twin.inspected) == "any answers with 768 finite numbers of length 1"


def test_a_related_sentence_is_closer_than_an_unrelated_one(twin: Server) -> None:
    query, related, unrelated = twin.embeddings(QUERY, RELATED, UNRELATED)
    assert cosine(query, related) > cosine(query, unrelated) + 0.1


def test_both_halves_of_the_twins_answer_are_the_original_model(twin: Server) -> None:
    (vector,) = twin.embeddings(QUERY)
    assert vector[:384] == pytest.approx(vector[384:], abs=1e-3)


def test_the_model_is_called_by_its_name(twin: Server) -> None:
    models = requests.get(f"{twin.url}/v1/models", timeout=10).json()["data"]
    assert [model["id"] for model in models] == ["minilm-twin"]


def test_a_eurobert_embeds_and_pools_by_the_last_token(eurobert: Server) -> None:
    assert run_check(eurobert.check(TINY.width), eurobert.inspected)
    one, other = eurobert.embeddings("the first words", "the first worlds")
    assert cosine(one, other) < 0.9999


def test_embeds_a_document_of_8192_tokens(eurobert: Server) -> None:
    answer = eurobert.post("/v1/embeddings", {"input": document(8180), "model": "any"})
    assert answer.status_code == 200, answer.text
    assert 8000 < answer.json()["usage"]["prompt_tokens"] <= 8192


def test_refuses_a_longer_one_and_says_so(eurobert: Server) -> None:
    answer = eurobert.post("/v1/embeddings", {"input": document(8400), "model": "any"})
    assert answer.status_code in {400, 500}
    assert "too large" in answer.text or "exceed" in answer.text


def test_embeds_four_at_a_time_as_one_at_a_time(eurobert: Server) -> None:
    texts = [document(100 * number) + " end" for number in range(1, 9)]
    together = eurobert.embeddings(*texts)
    for text, vector in zip(texts, together, strict=True):
        assert cosine(vector, eurobert.embeddings(text)[0]) > 0.999


def test_the_composed_setups_environment_cannot_embed_a_long_document(server_image: str) -> None:
    model = ensure_eurobert_model(cache_root(), print, "F16", TINY)
    with running(server_image, model, SEED) as server:
        server.wait_for("healthy")
        assert server.embeddings(document(400))
        answer = server.post("/v1/embeddings", {"input": document(700), "model": "any"})
    assert answer.status_code == 500
    assert "increase the physical batch size (current batch size: 512)" in answer.text


def test_wants_the_api_key_that_the_stack_sets(server_image: str) -> None:
    model = ensure_eurobert_model(cache_root(), print, "F16", TINY)
    with running(server_image, model, serverApiKey="a-long-enough-key") as server:
        # The healthcheck of the container has no key, and needs none.
        server.wait_for("healthy")
        assert server.post("/v1/embeddings", {"input": "text"}).status_code == 401
        assert "a-long-enough-key" not in str(server.container.attrs)
        assert run_check(server.check(TINY.width, "a-long-enough-key"), server.inspected)


def test_a_damaged_model_ends_the_server_with_a_reason_in_its_log(server_image: str, tmp_path: Path) -> None:
    model = ensure_eurobert_model(cache_root(), print, "F16", TINY)
    damaged = tmp_path / model.name
    damaged.write_bytes(model.read_bytes()[:-50_000])
    damaged.chmod(0o644)
    with running(server_image, damaged) as server:
        assert server.wait_for("exited", "healthy") == "exited"
        assert server.container.attrs["State"]["ExitCode"] != 0
        log = server.log()
    assert "not within the file bounds" in log or "failed to load model" in log
    assert damaged.name in log


def test_a_model_that_the_user_of_the_image_cannot_read_is_named_in_the_log(
    server_image: str, tmp_path: Path
) -> None:
    model = tmp_path / "secret-F16.gguf"
    model.write_bytes(b"GGUF")
    model.chmod(0o600)
    with running(server_image, model) as server:
        assert server.wait_for("exited", "healthy") == "exited"
        assert "secret-F16.gguf" in server.log()


def test_no_process_is_root_or_may_become_it(eurobert: Server) -> None:
    pids = [row[1] for row in eurobert.container.top(ps_args="-eo uid,pid")["Processes"]]
    assert pids
    for pid in pids:
        status = dict(
            line.split(":\t", 1)
            for line in Path(f"/proc/{pid}/status").read_text().splitlines()
            if ":\t" in line
        )
        assert set(status["Uid"].split()) == {"10001"}
        assert set(status["Gid"].split()) == {"10001"}
        assert {status[f"Cap{kind}"] for kind in ("Prm", "Eff", "Bnd")} == {"0" * 16}
        assert status["NoNewPrivs"] == "1"


def test_writes_nowhere(eurobert: Server) -> None:
    assert eurobert.container.attrs["HostConfig"]["ReadonlyRootfs"]
    code, _ = eurobert.container.exec_run(["bash", "-c", "echo x >/opt/llama.cpp/x"])
    assert code != 0
    changed = [change["Path"] for change in eurobert.container.diff()]
    assert all(path.startswith("/models") for path in changed), changed  # where the model is mounted


def test_uses_the_best_library_for_the_processor(eurobert: Server) -> None:
    maps = eurobert.container.exec_run(["bash", "-c", "grep -o 'libggml-cpu-.*' /proc/1/maps | uniq"])[1]
    loaded = set(maps.decode().split())
    assert len(loaded) == 1
    flags = Path("/proc/cpuinfo").read_text()
    if "avx512_vnni" in flags:
        assert loaded == {"libggml-cpu-icelake.so"}
    elif "avx2" in flags and "avx512f" not in flags:
        assert loaded == {"libggml-cpu-haswell.so"}


def test_serves_no_user_interface(eurobert: Server) -> None:
    assert requests.get(eurobert.url, timeout=10).status_code == 404


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_lets_no_page_of_another_origin_read_its_answers(eurobert: Server, method: str) -> None:
    answer = requests.request(
        method, f"{eurobert.url}/health", headers={"Origin": "http://page.test"}, timeout=10
    )
    assert answer.headers.get("Access-Control-Allow-Origin", "") == ""
    assert answer.headers.get("Access-Control-Allow-Credentials", "false") == "false"


@pytest.mark.parametrize(
    ("slots", "tokens", "comes_up"), [(3, 512, False), (3, 768, True), (4, 512, True), (8, 700, False)]
)
def test_comes_up_with_pooling_by_the_mean_where_the_rule_about_serverparallel_says_so(
    server_image: str, slots: int, tokens: int, comes_up: bool
) -> None:
    sizes: dict[str, Any] = dict.fromkeys(
        ("serverContextSize", "serverBatchSize", "serverUbatchSize"), tokens
    )
    mean = {"LLAMA_ARG_POOLING": "mean", "LLAMA_ARG_N_PARALLEL": str(slots)}
    refused = False
    try:
        stack_settings("cpu", modelPooling="mean", serverParallel=slots, **sizes)
    except SettingsError:
        refused = True
    model = ensure_eurobert_model(cache_root(), print, "F16", TINY)
    with running(server_image, model, mean, **sizes) as server:
        assert server.wait_for("healthy", "exited") == ("healthy" if comes_up else "exited")
        assert comes_up or server.container.attrs["State"]["ExitCode"] == ABORTED
    assert refused is not comes_up


def test_ends_within_its_grace_when_it_is_stopped(server_image: str) -> None:
    with running(server_image, ensure_eurobert_model(cache_root(), print, "F16", TINY)) as server:
        server.wait_for("healthy")
        server.container.stop(timeout=STOPPED_AFTER)
        assert server.wait_for("exited") == "exited"
        # 137 would mean that it had to be killed.
        assert server.container.attrs["State"]["ExitCode"] == 0
