"""elasticsearchCaCertificate: the certificates themselves are the setting, wherever they come from."""

from pathlib import Path

import pytest

from components.settings import SettingsError
from tests.unit.project import stack_settings

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\nBBBB\n-----END CERTIFICATE-----\n"
OTHER = PEM.replace("AAAA", "CCCC")


def read(value: str) -> str:
    return stack_settings(
        "cpu", elasticsearchUrl="https://es.test:9200", elasticsearchCaCertificate=value
    ).elasticsearch.ca_certificate


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (PEM, PEM),
        (PEM.replace("\n", "\r\n"), PEM),
        (f"# the authority of the cluster\n\n  {PEM}\n", PEM),
        (PEM.rstrip("\n"), PEM),
        (f"{PEM}{OTHER}", f"{PEM}{OTHER}"),
    ],
)
def test_a_path_and_the_content_are_the_same_setting(tmp_path: Path, content: str, found: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(content, newline="")
    assert read(str(path)) == found
    assert read(content) == found


def test_no_certificate_is_set() -> None:
    assert stack_settings("cpu").elasticsearch.ca_certificate == ""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "which this machine can't read (No such file or directory)"),
        ("no certificate", "which holds no certificate"),
        (PEM.replace("CERTIFICATE", "PRIVATE KEY"), "which holds no certificate"),
    ],
)
def test_a_file_without_a_certificate_is_refused_by_name(
    tmp_path: Path, content: str | None, told: str
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError) as raised:
        read(str(path))
    (problem,) = raised.value.problems
    assert problem.startswith(f"elasticsearchCaCertificate is {path}, {told}")
    assert content is not None or "pulumi config set elasticsearchCaCertificate < FILE" in problem


def test_a_text_without_a_certificate_is_refused_without_repeating_it() -> None:
    with pytest.raises(SettingsError) as raised:
        read(PEM.replace("CERTIFICATE", "PRIVATE KEY"))
    assert "elasticsearchCaCertificate is a text that holds no certificate" in str(raised.value)
    assert "AAAA" not in str(raised.value)
