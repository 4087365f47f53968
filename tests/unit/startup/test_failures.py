"""Why a program does not come up: what is made of its container's state and of its own words."""

import pytest

from components.engine.container import Container, State
from components.startup.ending import advice, describe, ended
from components.startup.node import NODE, readable
from components.startup.server import SERVER


def state(status: str = "exited", code: int = 1, restarts: int = 0, *, out_of_memory: bool = False) -> State:
    return State(status=status, exit_code=code, out_of_memory=out_of_memory, restarts=restarts)


@pytest.mark.parametrize(
    ("found", "before", "expected"),
    [
        (state("exited"), 0, True),
        (state("dead"), 0, True),
        (state("running"), 0, False),
        (state("restarting", restarts=1), 0, False),
        (state("restarting", restarts=2), 0, True),
        (state("running", restarts=2), 0, True),
        # It was started again some time ago, by the engine's own restart for instance, and runs since.
        (state("running", restarts=7), 7, False),
        # An update that meets a container which has long been crashing need not wait for two crashes more.
        (state("restarting", restarts=7), 7, True),
    ],
    ids=str,
)
def test_a_container_that_ended_or_crashes_over_and_over_is_told_from_one_that_loads(
    found: State, before: int, expected: bool
) -> None:
    assert ended(SERVER, found, before) is expected


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("error loading model: unknown model architecture: 'eurobert'", "llamaCppRef"),
        ("unknown pre-tokenizer type: 'jina-v5-nano'", "llamaCppRef"),
        ("gguf_init_from_reader: invalid magic characters: '????', expected 'GGUF'", "pulumi refresh"),
        ("tensor 'x' data is not within the file bounds, model is corrupted or incomplete", "pulumi refresh"),
        ("failed to open GGUF file '/models/x.gguf' (No such file or directory)", "modelDelivery"),
        ("failed to open GGUF file '/models/x.gguf' (Permission denied)", "readable"),
        ("failed to open GGUF file '/models/x.gguf' (Permission denied)", "SELinux"),
        ("failed to open GGUF file '/models/x.gguf' (Permission denied)", "modelDelivery volume"),
        (
            "error: failed to open file '/run/secrets/stack/secret-0a1b2c3d'",
            "--replace '**Command::llama-server-key'",
        ),
        ("CUDA error: no kernel image is available for execution on the device", "imageCudaArchitectures"),
        ("error loading model: missing tensor 'token_embd.weight'", "modelFile"),
        ("ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 9", "serverMemory"),
        ('error while handling environment variable "LLAMA_ARG_X": unknown value', "serverExtraArguments"),
        ("CUDA driver version is insufficient for CUDA runtime version", "driver"),
    ],
)
def test_words_of_the_server_lead_to_what_to_do(line: str, says: str) -> None:
    assert says in advice(SERVER, state(), [line, "srv llama_server: exiting due to model loading error"])


class Logged(Container):
    """A container with a log of its own."""

    def last_lines(self, count: int) -> list[str]:
        said = "CUDA error: no kernel image is available for execution on the device"
        return [said, *(f"/opt/llama.cpp/libggml-base.so(+0x{number:x})" for number in range(40))][-count:]


def test_words_before_the_long_trace_of_an_abort_count_too() -> None:
    assert "imageCudaArchitectures" in describe(SERVER, Logged("the-server"), state(code=134))


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (state(code=137), "serverMemory"),
        (state(code=1, out_of_memory=True), "serverMemory"),
        (state(code=132), "another processor"),
        (state(code=1), "Its log says why"),
    ],
    ids=str,
)
def test_where_the_log_says_nothing_the_way_it_ended_does(found: State, says: str) -> None:
    assert says in advice(SERVER, found, [])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (state("running"), False),
        (state("restarting", restarts=1), True),
        (state("running", restarts=1), True),
    ],
    ids=str,
)
def test_a_node_that_ended_once_is_not_waited_for(found: State, expected: bool) -> None:
    assert ended(NODE, found, 0) is expected


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "cannot downgrade a node from version [9.5.3] to version [9.4.0]",
            "elasticsearchImage to the version",
        ),
        ("cannot upgrade a node from version [8.1.0] directly to version [9.5.3]", "version in between"),
        ("java.io.IOException: No space left on device", "docker system df"),
        ("java.nio.file.AccessDeniedException: /usr/share/elasticsearch/data/node.lock", "user 1000"),
        ("java.lang.IllegalStateException: failed to obtain node locks, tried [/usr/share]", "Another node"),
        ("max virtual memory areas vm.max_map_count [65530] is too low", "sysctl -w vm.max_map_count"),
        ("org.apache.lucene.index.CorruptIndexException: checksum failed", "restore a backup"),
        ("java.lang.OutOfMemoryError: Java heap space", "elasticsearchMemory"),
        ("Invalid maximum heap size: -Xmx1", "elasticsearchHeap"),
        ("java.lang.IllegalArgumentException: unknown setting [node.colour]", "elasticsearchImage"),
        ("exec /usr/local/bin/docker-entrypoint.sh: exec format error", "another kind of processor"),
        (
            "ERROR: File /run/secrets/stack/secret-0a1b2c3d from ELASTIC_PASSWORD_FILE does not exist",
            "--replace '**Command::elasticsearch-password-file'",
        ),
        ("nothing that is known", "Its log says why"),
    ],
)
def test_words_of_the_node_lead_to_what_to_do(line: str, says: str) -> None:
    assert says in advice(NODE, state(), [line, "\tat org.elasticsearch.node.Node.<init>(Node.java:1)"])


def test_a_lock_that_may_not_be_written_is_told_from_one_that_another_node_holds() -> None:
    tried = (
        "failed to obtain node locks, tried [/data]; maybe these locations are not writable or multiple nodes"
    )
    assert "user 1000" in advice(
        NODE, state(), [tried, "Caused by: java.nio.file.AccessDeniedException: /data"]
    )
    assert "Another node" in advice(NODE, state(), [tried, "Caused by: Lock held by another program: /data"])


def test_a_node_that_was_killed_wanted_more_memory() -> None:
    assert "elasticsearchMemory" in advice(NODE, state(code=137), [])


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            '{"log.level":"ERROR","message":"fatal exception","error.type":"java.lang.X","error.message":"why"}',
            "ERROR: fatal exception: java.lang.X: why",
        ),
        ("{not JSON", "{not JSON"),
        ("\tat org.elasticsearch.node.Node.<init>(Node.java:1)", ""),
        ("\t... 12 more", ""),
        ("x" * 500, "x" * 400 + "…"),
    ],
)
def test_the_nodes_log_is_shown_as_people_read_it(line: str, shown: str) -> None:
    assert readable(line) == shown
