"""Reads the settings of a stack from its Pulumi configuration."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from components.settings.elasticsearch import ElasticsearchSettings
from components.settings.errors import SettingsError
from components.settings.kubernetes import KubernetesSettings
from components.settings.reader import SettingsReader
from components.settings.rules import check_rules
from components.settings.schema import (
    EngineSettings,
    ImageSettings,
    ModelSettings,
    ServerSettings,
    Settings,
)
from components.settings.setting import read_fields


@dataclass(frozen=True)
class StackConfig:
    """A stack's configuration as Pulumi hands it over: texts by key, and which keys are encrypted."""

    values: Mapping[str, str]
    secret_keys: Collection[str]

    @classmethod
    def from_project(
        cls, project: str, values: Mapping[str, str], secret_keys: Collection[str]
    ) -> "StackConfig":
        """Keep the keys of `project` out of a configuration with full keys such as jina-search:quant."""
        prefix = f"{project}:"
        return cls(
            {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)},
            {key.removeprefix(prefix) for key in secret_keys if key.startswith(prefix)},
        )


def read_settings(
    config: StackConfig,
    project_directory: Path,
    engine: EngineSettings | None = None,
    *,
    context: str = "",
) -> Settings:
    """Read and validate all settings; relative paths are taken from `project_directory`.

    `engine` is what is set for the Docker provider, `context` for the Kubernetes provider.
    Raises SettingsError, listing every problem, when any setting cannot be used.
    """
    reader = SettingsReader(config.values, config.secret_keys, project_directory)
    settings = Settings(
        **read_fields(Settings, reader),
        engine=replace(engine or EngineSettings(), **read_fields(EngineSettings, reader)),
        model=ModelSettings(**read_fields(ModelSettings, reader)),
        image=ImageSettings(**read_fields(ImageSettings, reader)),
        server=ServerSettings(**read_fields(ServerSettings, reader)),
        elasticsearch=ElasticsearchSettings(**read_fields(ElasticsearchSettings, reader)),
        kubernetes=KubernetesSettings(context=context, **read_fields(KubernetesSettings, reader)),
    )
    file = settings.model.file.replace("{quant}", settings.quant)
    settings = replace(settings, model=replace(settings.model, file=file))
    reader.refuse_unknown_keys()
    check_rules(reader, settings)
    if reader.problems:
        raise SettingsError(reader.problems)
    return settings
