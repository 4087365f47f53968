"""The settings whose other values can be measured beside the running server."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from components.settings import onednn
from components.settings.quantisations import QUANTS
from jinactl.beside.server import ServerTemplate
from jinactl.outputs import ServedModel

REEMBEDS = "embeds all documents again; `jinactl evaluate --quants {quants}` tells what searches lose"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Another value of a setting: how a server with it is started, and what one must know before choosing it."""

    setting: str
    value: str
    template: ServerTemplate
    model: Path
    remark: str = ""

    @property
    def name(self) -> str:
        """The setting with its value."""
        return f"{self.setting} {self.value}"

    def command(self, stack: str) -> str:
        """Return the command that chooses it; `stack` is empty for the selected one."""
        of = f" -s {stack}" if stack else ""
        return f"pulumi config set {self.setting} {self.value}{of} && pulumi up{of}"


def choices(served: ServedModel, template: ServerTemplate, *, multiplies_on_gpu: bool) -> Iterator[Choice]:
    """Yield what can be measured beside the running server, whose start `template` describes.

    That is serverOnednn, except where a GPU multiplies, and quants whose model files lie beside the stack's.
    """
    own = Path(served.file)
    if not multiplies_on_gpu:
        value = "auto" if onednn_of(template) != "auto" else "off"
        yield Choice(
            setting="serverOnednn",
            value=value,
            template=with_onednn(template, value),
            model=own,
            remark=""
            if value == "off"
            else "embeddings agree with those of today to a cosine of about 0.999",
        )
    for quant in QUANTS:
        file = own.with_name(own.name.replace(served.quant, quant))
        if quant != served.quant and file != own and os.access(file, os.R_OK):
            remark = REEMBEDS.format(quants=f"{served.quant},{quant}")
            yield Choice(setting="quant", value=quant, template=template, model=file, remark=remark)


def onednn_of(template: ServerTemplate) -> str:
    """Return the value of serverOnednn that a server is started with."""
    return onednn.value(dict(one.partition("=")[::2] for one in template.environment))


def with_onednn(template: ServerTemplate, value: str) -> ServerTemplate:
    """Return the same start with another value of serverOnednn."""
    own = (onednn.BACKEND, onednn.PRECISION)
    kept = [one for one in template.environment if one.partition("=")[0] not in own]
    return replace(template, environment=[*kept, *(f"{k}={v}" for k, v in onednn.variables(value).items())])
