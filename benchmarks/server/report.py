"""Writes the results as the tables of docs/benchmarks.md."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.server import limit
from benchmarks.server.comparison import Measured, ratio
from benchmarks.server.load import Speed

CONTAINER = "the stack's container"
BARE = "the same build, bare"
NATIVE = "native build, bare"
COMPOSE = "compose setup (stand-in)"

BEGIN = "<!-- results: made by `python -m benchmarks.server` from docs/benchmarks.json -->"
END = "<!-- end of results -->"

ENOUGH = 0.97
"""The share of another server's speed that counts as equal to it."""

NOT_SLOWER = 1.0
"""The share of the docker-compose setup's speed that every cell must have, to the two digits that are shown."""


def with_tables(page: str, lines: Sequence[str], begin: str = BEGIN) -> str:
    """Return the page with new tables between its mark `begin` and the mark of an end that follows."""
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(END)
    return "\n".join([f"{before}{begin}", *lines, f"{END}{after}"])


def tables(results: dict[str, Any]) -> list[str]:
    """Return the tables of the parts that were measured, as lines of Markdown."""
    made: dict[str, Callable[[Any], list[str]]] = {
        "machine": _machine,
        "servers": _servers,
        "quantisations": _quantisations,
        "settings": _settings,
        "cold start": _cold_start,
    }
    lines = [
        line for part, lines_of in made.items() if part in results for line in ("", *lines_of(results[part]))
    ]
    if {"hardware", "servers"} <= results.keys():
        lines += ["", *_hardware(results["hardware"]["flops"], measured_of(results["servers"]))]
    return lines


def measured_of(rows: Iterable[dict[str, Any]]) -> list[Measured]:
    """Read the figures of a comparison back from the results file."""
    return [
        Measured(
            row["server"], row["tokens"], row["clients"], tuple(Speed(**speed) for speed in row["rounds"])
        )
        for row in rows
    ]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def cell_of(measured: Sequence[Measured], server: str, tokens: int, clients: int) -> Measured:
    """Return the figure of one server in one cell."""
    wanted = (server, tokens, clients)
    return next(one for one in measured if (one.server, one.tokens, one.clients) == wanted)


def cells_of(measured: Sequence[Measured]) -> list[tuple[int, int]]:
    """Return the cells that were measured, each once, in their order."""
    return list(dict.fromkeys((one.tokens, one.clients) for one in measured))


def median_ratio(measured: Sequence[Measured], one: str, other: str) -> float:
    """Return the median over the cells of how many times faster `one` is than `other`, where both embed."""
    ratios = [
        ratio(cell_of(measured, one, *cell), cell_of(measured, other, *cell)) for cell in cells_of(measured)
    ]
    return statistics.median(found for found in ratios if found is not None)


def _machine(facts: dict[str, Any]) -> list[str]:
    return ["### The machine", "", *table(["fact", "value"], facts.items())]


def _servers(rows: list[dict[str, Any]]) -> list[str]:
    measured = measured_of(rows)
    others = (BARE, NATIVE, COMPOSE)
    lines = []
    for tokens, clients in cells_of(measured):
        own = cell_of(measured, CONTAINER, tokens, clients)
        line: list[object] = [tokens, clients, f"{own.tokens_per_second:.0f}", f"{own.milliseconds:.0f}"]
        for name in others:
            other = cell_of(measured, name, tokens, clients)
            found = ratio(own, other)
            line.append(_refusal(other.refused) if found is None else f"{found:.2f}")
        lines.append(line)
    head = ["tokens", "clients", "tokens/s", "ms a document", *(f"against {name}" for name in others)]
    summary = [_summary(measured, name) for name in others]
    return ["### The container against other servers", "", *table(head, lines), "", *summary]


def _summary(measured: Sequence[Measured], other: str) -> str:
    """Say how the container stands against another server, and where it is below the bar."""
    bar = NOT_SLOWER if other == COMPOSE else ENOUGH
    overall = median_ratio(measured, CONTAINER, other)
    text = f"- against {other}: {overall:.2f} in the median of the cells that both embed"
    text += f" (bar: {'not slower anywhere' if other == COMPOSE else bar})"
    below = [
        f"{found:.2f} at {tokens} tokens and {clients} at a time"
        for tokens, clients in cells_of(measured)
        if (found := _ratio(measured, other, tokens, clients)) is not None and round(found, 2) < bar
    ]
    return f"{text}; below it in {len(below)}: {', '.join(below)}" if below else f"{text}; below it in none"


def _ratio(measured: Sequence[Measured], other: str, tokens: int, clients: int) -> float | None:
    return ratio(cell_of(measured, CONTAINER, tokens, clients), cell_of(measured, other, tokens, clients))


def _refusal(said: str) -> str:
    return "it refuses (HTTP 500)" if "500" in said.partition(":")[0] else f"it refuses ({said[:40]})"


def _quantisations(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        [
            row["quant"],
            row["file"],
            row["first_embedding"],
            row["memory_loaded"],
            row["memory_peak"],
            f"{1000 * row['query']:.0f}",
            f"{row['short']:.0f}",
            f"{row['long']:.0f}",
        ]
        for row in rows
    ]
    head = ["quant", "file, MiB", "to the first embedding, s", "memory loaded, MiB", "after 2048 tokens, MiB"]
    head += ["16 tokens alone, ms", "128 tokens, 4 clients, tokens/s", "2048 tokens alone, tokens/s"]
    return ["### Quantisations", "", *table(head, lines)]


def _settings(rows: list[dict[str, Any]]) -> list[str]:
    cells = list(dict.fromkeys((row["tokens"], row["clients"], row["inputs"]) for row in rows))
    found = {(row["variation"], row["tokens"], row["clients"], row["inputs"]): row for row in rows}
    base: list[object] = ["as the stack sets it, tokens/s"]
    for cell in cells:
        speeds = [row["base_tokens_per_second"] for key, row in found.items() if key[1:] == cell]
        base.append(f"{statistics.median(speed for of_row in speeds for speed in of_row):.0f}")
    names = dict.fromkeys(row["variation"] for row in rows)
    varied = ([name, *(f"{_against_base(found[name, *cell]):.2f}" for cell in cells)] for name in names)
    lines = [base, *varied]
    head = [
        "",
        *(f"{tokens} tokens, {clients} clients, {inputs} a request" for tokens, clients, inputs in cells),
    ]
    explained = "Below the first row: ratios to the stack's settings, the medians of the rounds; each is varied alone."
    return ["### Settings", "", explained, "", *table(head, lines)]


def _against_base(row: dict[str, Any]) -> float:
    pairs = zip(row["tokens_per_second"], row["base_tokens_per_second"], strict=True)
    return float(statistics.median(varied / base for varied, base in pairs))


def _cold_start(found: dict[str, Any]) -> list[str]:
    each = ", ".join(map(str, found["seconds"]))
    return [
        "### Cold start",
        "",
        f"From `docker run` to the first embedding, F16: {found['median']} s in the median ({each}).",
    ]


def _hardware(flops: float, measured: Sequence[Measured]) -> list[str]:
    lines = []
    for tokens in dict.fromkeys(one.tokens for one in measured):
        best = max(
            (one for one in measured if one.server == CONTAINER and one.tokens == tokens),
            key=lambda one: one.tokens_per_second,
        )
        per_token = limit.flop_per_token(tokens)
        reached = limit.share(tokens, best.tokens_per_second, flops)
        lines.append(
            [
                tokens,
                f"{per_token / 1e6:.0f} M",
                f"{flops / per_token:.0f}",
                f"{best.tokens_per_second:.0f}",
                f"{reached:.0%}",
            ]
        )
    head = ["tokens", "FLOP a token", "tokens/s at that limit", "reached", "share"]
    return [
        "### The hardware's limit",
        "",
        f"A product of two float32 matrices reaches {flops / 1e9:.0f} GFLOP/s here, with all cores.",
        "",
        *table(head, lines),
    ]
