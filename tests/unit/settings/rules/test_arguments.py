"""Extra arguments of the server: none is ignored in silence, and none undoes what the project promises."""

import pytest

from components.server.container import environment
from components.settings import SettingsError
from components.settings.lanes import lanes
from components.settings.rules.arguments import near
from components.settings.rules.known_arguments import KNOWN, NOT_READ, OWN, REFUSED
from components.settings.setting import PREFIX
from tests.unit.project import stack_settings


def problem(stack: str, *arguments: str) -> str:
    """Return the one problem of a stack with these extra arguments."""
    with pytest.raises(SettingsError) as raised:
        stack_settings(stack, serverExtraArguments=list(arguments))
    assert len(raised.value.problems) == 1, raised.value.problems
    return raised.value.problems[0]


@pytest.mark.parametrize("stack", ["cpu", "gpu"])
def test_no_variable_that_this_project_sets_can_be_set_again(stack: str) -> None:
    settings = stack_settings(stack, serverCpus="2")
    set_here = set(environment(settings.device, settings.model, settings.server, lanes(settings.server)[0]))
    # A name that begins in another way is no extra argument.
    assert {name.removeprefix(PREFIX) for name in set_here if name.startswith(PREFIX)} <= set(OWN)


REFUSED_ARGUMENTS = [
    ("cpu", "--port 1", "must be LLAMA_ARG_NAME=value"),
    ("cpu", "LLAMA_ARG_PORT=1", "set by this project (see serverPort)"),
    ("cpu", "LLAMA_API_KEY=x", "set by serverApiKey"),
    ("cpu", "LLAMA_ARG_THREADS_HTTP=64", "set by serverParallel"),
    ("cpu", "LLAMA_ARG_ENDPOINT_METRICS=0", "set by this project (it is on)"),
    (
        "cpu",
        "LLAMA_ARG_NO_KV_UNIFIED=1",
        "LLAMA_ARG_NO_KV_UNIFIED: it is set by this project (it must be on)",
    ),
    ("cpu", "LLAMA_ARG_BATCH_SIZE=1", "does not read it; the name is LLAMA_ARG_BATCH"),
    ("cpu", "LLAMA_ARG_HF_REPO=a/b", "another model than the one that was verified"),
    ("cpu", "LLAMA_ARG_MODEL_URL=https://a.test/b.gguf", "another model"),
    ("cpu", "LLAMA_ARG_TOOLS=all", "run tools"),
    ("cpu", "LLAMA_ARG_AGENT=1", "run tools"),
    ("cpu", "LLAMA_ARG_MCP_SERVERS_JSON={}", "run tools"),
    ("cpu", "LLAMA_ARG_API_PREFIX=/a", "moves the paths"),
    ("cpu", "LLAMA_ARG_SSL_KEY_FILE=/a", "plain HTTP"),
    ("cpu", "LLAMA_ARG_LOG_FILE=/a", "can write none"),
    ("cpu", "LLAMA_ARG_SLOT_SAVE_PATH=/a", "can write none"),
    ("cpu", "LLAMA_ARG_RPC=a:1", "other machines"),
    ("cpu", "LLAMA_ARG_ROPE_SCALE=2", "would not be embedded again"),
    ("cpu", "LLAMA_ARG_YARN_ORIG_CTX=4096", "would not be embedded again"),
    ("cpu", "LLAMA_ARG_SPLIT_MODE=row", "device is cpu"),
    ("cpu", "LLAMA_ARG_TENSOR_SPLIT=1,1", "device is cpu"),
    ("cpu", "LLAMA_ARG_MAIN_GPU=1", "device is cpu"),
    ("gpu", "LLAMA_ARG_DEVICE=none", "would run on the CPU"),
    ("cpu", "LLAMA_ARG_UBATCHSIZE=1", "Did you mean LLAMA_ARG_UBATCH, which is set by serverUbatchSize?"),
    ("cpu", "LLAMA_ARG_CTX=1", "Did you mean LLAMA_ARG_CTX_SIZE, which is set by serverContextSize?"),
    ("cpu", "LLAMA_ARG_LOG_VERBOSTY=5", "Did you mean LLAMA_ARG_LOG_VERBOSITY?"),
]


@pytest.mark.parametrize(("stack", "argument", "says"), REFUSED_ARGUMENTS)
def test_an_argument_that_cannot_be_used_is_refused_with_the_reason(
    stack: str, argument: str, says: str
) -> None:
    found = problem(stack, argument)
    assert found.startswith("serverExtraArguments has ")
    assert argument.partition("=")[0] in found
    assert says in found


@pytest.mark.parametrize(
    ("stack", "argument"),
    [
        ("cpu", "LLAMA_ARG_NUMA=distribute"),
        ("cpu", "LLAMA_ARG_MLOCK=1"),
        ("cpu", "LLAMA_ARG_NO_MMAP=1"),
        ("cpu", "LLAMA_ARG_NO_HOST=1"),
        ("cpu", "LLAMA_ARG_LOG_VERBOSITY=4"),
        ("gpu", "LLAMA_ARG_SPLIT_MODE=row"),
        ("gpu", "LLAMA_ARG_DEVICE=CUDA0"),
        ("cpu", "LLAMA_ARG_MOE_CACHE_MIB=1"),
        ("cpu", "LLAMA_ARG_SOMETHING_OF_ANOTHER_BUILD=1"),
    ],
)
def test_an_argument_that_the_server_reads_or_that_resembles_none_is_passed_on(
    stack: str, argument: str
) -> None:
    assert stack_settings(stack, serverExtraArguments=[argument]).server.extra_arguments == (argument,)


@pytest.mark.parametrize(
    "arguments",
    [("LLAMA_ARG_MLOCK=1", "LLAMA_ARG_MLOCK=0"), ("LLAMA_ARG_NO_MMAP=1", "LLAMA_ARG_MMAP=1")],
)
def test_an_argument_is_given_once(arguments: tuple[str, ...]) -> None:
    assert "more than once" in problem("cpu", *arguments)


def test_what_is_known_about_the_arguments_does_not_contradict_itself() -> None:
    assert set(OWN).isdisjoint(REFUSED)
    assert KNOWN.isdisjoint(NOT_READ)
    assert [name for name in KNOWN if near(name) != name and name.replace("N_", "", 1) not in KNOWN] == []
