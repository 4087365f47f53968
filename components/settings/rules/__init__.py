"""Rules that tie one setting to another, each with its reason in the message: a module for each subject."""

from components.settings.reader import SettingsReader
from components.settings.rules.arguments import check_arguments
from components.settings.rules.elasticsearch import check_elasticsearch
from components.settings.rules.image import check_image
from components.settings.rules.indices import check_indices
from components.settings.rules.lanes import check_lanes
from components.settings.rules.memory import check_memory
from components.settings.rules.model import check_model
from components.settings.rules.platform import check_platform
from components.settings.rules.server import check_server
from components.settings.schema import Settings

CHECKS = (
    check_platform,
    check_model,
    check_server,
    check_lanes,
    check_memory,
    check_arguments,
    check_image,
    check_elasticsearch,
    check_indices,
)


def check_rules(reader: SettingsReader, settings: Settings) -> None:
    """Note in `reader` every broken rule between settings."""
    for check in CHECKS:
        check(reader, settings)
