"""The settings of a stack: one frozen, typed object, read once and validated before anything is declared."""

from components.settings.elasticsearch import ElasticsearchSettings
from components.settings.errors import SettingsError
from components.settings.kubernetes import KubernetesSettings
from components.settings.read import StackConfig, read_settings
from components.settings.schema import (
    EngineSettings,
    ImageSettings,
    ModelSettings,
    ServerSettings,
    Settings,
)

__all__ = [
    "ElasticsearchSettings",
    "EngineSettings",
    "ImageSettings",
    "KubernetesSettings",
    "ModelSettings",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "StackConfig",
    "read_settings",
]
