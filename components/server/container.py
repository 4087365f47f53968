"""What a container of llama-server looks like, as plain functions of the settings.

The environment uses the names that llama-server reads; with LLAMA_ARG_BATCH_SIZE and
LLAMA_ARG_UBATCH_SIZE, which are often seen, it keeps a physical batch of 512 tokens.
"""

import pulumi_docker as docker

from components.settings import ModelSettings, ServerSettings, onednn
from components.settings.lanes import LaneSettings, lanes
from components.settings.schema import Device
from components.settings.setting import PREFIX, variables_of

ALIAS, QUERIES_ALIAS = "llama-server", "llama-server-queries"
"""Name on the stack's network under which the servers are reached, through their gateway."""

SPIN_COUNT = "1000"
"""How often a thread looks whether the others are done before it sleeps (libgomp's GOMP_SPINCOUNT).

By default it looks for milliseconds, and keeps the other threads from a core that two servers, or a server and
something else, share: measured with both cores taken by others, that is up to ten times slower.
"""

PORT = 8080
"""Port of the server inside its container."""

MODELS = "/models"

STOPPED_AFTER = 20
"""Seconds that the server gets to finish its requests when it is stopped."""

FEWEST_AT_ONCE = 16
"""Requests that the gateway asks of a server at once, where its slots do not need more to be kept busy."""

OTHER_THREADS = 16
"""HTTP threads of a server for whoever asks for anything else than embeddings: health, metrics, lengths of texts.

A thread serves one connection and mostly waits, so it needs no CPU of its own; by default the server starts as many as
the whole machine has CPUs, whatever the limit of the container.
"""

ANSWER_WITHIN = 4
"""Seconds within which a server must tell its health, and the gateway its own."""

READY_WITHIN = 300
"""Seconds within which the model must be loaded."""


def environment(
    device: Device, model: ModelSettings, server: ServerSettings, lane: LaneSettings
) -> dict[str, str]:
    """Return the environment of a lane's server; its API key is in a file."""
    variables = {
        **variables_of(model),
        **variables_of(server),
        "MODEL": f"{MODELS}/{model.file}",
        "EMBEDDINGS": "1",
        # Without it each slot gets only its share of the context, and a long document is refused.
        "KV_UNIFIED": "1",
        "HOST": "0.0.0.0",  # noqa: S104 (inside the container; the published address is a setting)
        "PORT": str(PORT),
        # The second is the name that the fork reads.
        "UI": "0",
        "WEBUI": "0",
        # The gateway decides which pages get an answer.
        "CORS_ORIGINS": "",
        "CORS_CREDENTIALS": "0",
        "ENDPOINT_SLOTS": "0",
        "ENDPOINT_METRICS": "1",
        "CTX_SIZE": str(lane.context_size),
        "BATCH": str(lane.batch_size),
        "UBATCH": str(lane.ubatch_size),
        "N_PARALLEL": str(lane.parallel),
        "THREADS": str(lane.threads),
        "THREADS_HTTP": str(http_threads(server)),
    }
    if not lane.threads:
        del variables["THREADS"]
    if device == "cpu":
        del variables["N_GPU_LAYERS"]
    extra = dict(argument.split("=", 1) for argument in server.extra_arguments)
    named = {f"{PREFIX}{name}": value for name, value in variables.items()}
    by_onednn = {} if device == "cuda" else onednn.variables(server.onednn)
    return named | {"GOMP_SPINCOUNT": SPIN_COUNT} | by_onednn | extra


def at_once(server: ServerSettings) -> int:
    """Return the requests for embeddings that the gateway asks of a server at once, for each lane.

    The slots that are free next find their work there already.
    """
    return max(FEWEST_AT_ONCE, *(2 * lane.parallel for lane in lanes(server)))


def http_threads(server: ServerSettings) -> int:
    """Return the HTTP threads of a server: enough for both lanes, since each can be the only one after a change."""
    return 2 * at_once(server) + OTHER_THREADS


def device_requests(device: Device, gpus: str) -> list[docker.ContainerDeviceRequestArgs] | None:
    """Ask the engine for NVIDIA GPUs on cuda: all of them, a count, or those with the given ids."""
    if device == "cpu":
        return None
    if gpus == "all" or gpus.isdigit():
        count = -1 if gpus == "all" else int(gpus)
        return [docker.ContainerDeviceRequestArgs(driver="nvidia", count=count, capabilities=["gpu"])]
    return [
        docker.ContainerDeviceRequestArgs(driver="nvidia", device_ids=gpus.split(","), capabilities=["gpu"])
    ]


HOLDS_GPU = (
    "for fd in /proc/[0-9]*/fd/*; do "
    "for gpu in /dev/nvidia[0-9]* /dev/dxg; do [[ $fd -ef $gpu ]] && exit 0; done; done; exit 1"
)
"""Succeeds when a process of the container has an NVIDIA GPU open; on WSL 2 all GPUs are /dev/dxg.

A GPU that the engine no longer gives to the container, after a reload of systemd or a reboot say, leaves llama-server
on the CPU without a word: a process that computes on a GPU has it open all the time, another one never.
"""


def reachable_address(address: str) -> str:
    """Return the address at which this machine reaches a server that is published on `address`."""
    loopback = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104
    return f"[{loopback}]" if ":" in loopback else loopback
