"""What the program reads at its edge: the provider's own settings, and the machine that it runs on."""

from types import SimpleNamespace

import pulumi
import pytest

from components.program.declaration import engine_environment
from components.settings import EngineSettings, SettingsError, project
from components.settings.project import engine_settings, project_settings
from tests.unit.declared import declare


@pytest.mark.parametrize(
    ("values", "variables", "says"),
    [
        ({"docker:sshOpts": '["-i","key"]'}, {}, r"docker:sshOpts is set: .*~/\.ssh/config"),
        ({"docker:context": "colima"}, {}, "docker:context is set: .*set docker:host"),
        ({"kubernetes:kubeconfig": "/home/me/config"}, {}, "kubernetes:kubeconfig is set: .*KUBECONFIG"),
        ({"kubernetes:cluster": "one"}, {}, "kubernetes:cluster is set: .*set kubernetes:context"),
        ({"kubernetes:namespace": "search"}, {}, "kubernetes:namespace is set: .*set kubernetesNamespace"),
        ({"kubernetes:renderYamlToDirectory": "out"}, {}, "renderYamlToDirectory is set: .*--diff"),
        ({}, {"DOCKER_CONTEXT": "colima"}, "DOCKER_CONTEXT is set: .*set DOCKER_HOST"),
    ],
)
def test_what_cannot_be_passed_on_to_our_commands_is_refused_by_name(
    values: dict[str, str], variables: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        engine_settings(values, variables)


@pytest.mark.parametrize("variables", [{}, {"DOCKER_CONTEXT": ""}, {"DOCKER_CONTEXT": "default"}])
def test_no_context_and_the_default_one_are_the_same(variables: dict[str, str]) -> None:
    assert engine_settings({"docker:sshOpts": "[]"}, variables) == EngineSettings()


def test_tls_settings_of_the_provider_reach_the_programs() -> None:
    values = {"docker:host": "tcp://gpu-box:2376", "docker:certPath": "/certs"}
    assert engine_environment(engine_settings(values, {"DOCKER_HOST": "ssh://other"})) == {
        "DOCKER_HOST": "tcp://gpu-box:2376",
        "DOCKER_CERT_PATH": "/certs",
    }
    text = {"docker:caMaterial": "a", "docker:certMaterial": "b", "docker:keyMaterial": "c"}
    told: dict[str, pulumi.Input[str]] = {}
    declare(lambda: told.update(engine_environment(engine_settings(text, {}))))
    assert sorted(told) == ["ENGINE_TLS_CA", "ENGINE_TLS_CERT", "ENGINE_TLS_KEY"]
    # Outputs that are secret: a text would be in clear in the state.
    assert all(isinstance(value, pulumi.Output) for value in told.values())


def test_native_windows_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "sys", SimpleNamespace(platform="win32"))
    with pytest.raises(pulumi.RunError, match=r"^Native Windows is not supported: run Pulumi inside WSL 2"):
        project_settings()
