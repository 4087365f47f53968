"""The quants that are asked for: how each is reached, and which cannot be measured, before any work is done."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from components.elasticsearch.embedding.server import role_url
from components.engine.errors import EngineError
from components.errors import StackError
from components.model.download import ensure_model_file
from components.model.wanted import WantedFile, model_path
from components.say import Say
from components.settings.quantisations import QUANTS
from jinactl.beside.server import (
    ServerTemplate,
    read_template,
    remove_left_servers,
    temporary_server,
)
from jinactl.errors import CommandError
from jinactl.evaluate.embedding import EmbeddingServer
from jinactl.evaluate.vectors import cache_folder
from jinactl.outputs import ServedModel


@dataclass(frozen=True)
class MeasuredQuant:
    """A quant that can be measured: the SHA-256 of its model file, and how it is started, where the stack does not."""

    quant: str
    sha256: str
    model: Path | None = None
    template: ServerTemplate | None = None


def find_quants(
    served: ServedModel, asked: Sequence[str], say: Say
) -> tuple[list[MeasuredQuant], dict[str, str]]:
    """Return the quants that can be measured, the stack's own first, and why the others cannot, by quant.

    Model files that are not here yet are downloaded. Raises CommandError for a quant that there is not.
    """
    strangers = [one for one in asked if one not in QUANTS]
    if strangers:
        raise CommandError(f"There is no quant {strangers[0]}: it is one of {', '.join(QUANTS)}.")
    with suppress(EngineError):  # without Docker there are none
        remove_left_servers()
    measured = [MeasuredQuant(served.quant, served.sha256)] if served.quant in asked else []
    others = [one for one in asked if one != served.quant]
    refused: dict[str, str] = {}
    if not others:
        return measured, refused
    try:
        template = read_template(served.container)
    except CommandError as error:
        return measured, dict.fromkeys(others, str(error))
    for quant in others:
        try:
            measured.append(_with_file(served, quant, template, say))
        except StackError as error:
            refused[quant] = str(error)
    return measured, refused


def _with_file(served: ServedModel, quant: str, template: ServerTemplate, say: Say) -> MeasuredQuant:
    own = Path(served.file)
    file = own.name.replace(served.quant, quant)
    if file == own.name:
        raise CommandError(
            f"the model file {own.name} does not name its quant, so that of {quant} has no known name"
        )
    if not served.repository:
        raise CommandError(
            "the outputs do not name the model's repository (modelRepository): run `pulumi up` first"
        )
    beside = own.with_name(file)
    folder = str(cache_folder().with_name("models"))
    elsewhere = Path(model_path(folder, served.repository, served.revision, file))
    found = ensure_model_file(
        WantedFile(
            repository=served.repository,
            revision=served.revision,
            file=file,
            path=beside if own.exists() else elsewhere,
            sha256="",
        ),
        say,
    )
    return MeasuredQuant(quant, found.sha256, found.path, template)


@contextmanager
def reached(served: ServedModel, measured: MeasuredQuant) -> Iterator[EmbeddingServer]:
    """Yield the server of a quant: the stack's own, or one that runs until the block ends."""
    if measured.model is None or measured.template is None:
        yield EmbeddingServer(
            urls={"query": role_url(served.url, "query"), "document": role_url(served.url, "document")},
            model=served.name,
            prefixes={"query": "", "document": ""},
            api_key=served.api_key,
        )
        return
    with temporary_server(measured.template, measured.model, served.name) as started:
        yield EmbeddingServer(
            urls={"query": started.url, "document": started.url},
            model=served.name,
            prefixes=dict(served.prefixes),
        )
