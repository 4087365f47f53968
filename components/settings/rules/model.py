"""Rules about the model: its dims, and how its file reaches the container."""

import ipaddress
from urllib.parse import urlsplit

from components.settings.reader import SettingsReader
from components.settings.schema import Settings


def check_model(reader: SettingsReader, settings: Settings) -> None:
    """Note in `reader` every broken rule about the model."""
    _check_dims(reader, settings)
    file, quant = settings.model.file, settings.quant
    reader.require(
        quant.lower() in file.lower(),
        f'modelFile is "{file}": it must contain {{quant}}, or name the quantisation {quant} itself.',
        "modelFile",
        "quant",
    )
    reader.require(
        settings.model.delivery != "mount" or not on_another_machine(settings.engine.address),
        f"modelDelivery is {settings.model.delivery}, but the Docker engine is on another machine "
        f"({settings.engine.address}, from docker:host or DOCKER_HOST), which does not see the model file of this one: "
        "set modelDelivery to volume (`pulumi config set modelDelivery volume`).",
        "modelDelivery",
    )


def on_another_machine(engine_host: str) -> bool:
    """Whether an engine's address, such as ssh://user@host or tcp://host:2376, leads away from this machine."""
    if not engine_host:
        return False
    address = urlsplit(engine_host if "://" in engine_host else f"tcp://{engine_host}")
    if address.scheme in ("unix", "npipe", "fd"):
        return False
    name = address.hostname or "localhost"
    try:
        return not ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name != "localhost"


def _check_dims(reader: SettingsReader, settings: Settings) -> None:
    allowed = settings.model.trained_dims
    reader.require(
        settings.dims in allowed,
        f"dims is {settings.dims}: it must be one of {', '.join(map(str, allowed))}. "
        f"Did you mean {min(allowed, key=lambda one: abs(one - settings.dims))}?",
        "dims",
        "modelDimensions",
    )
