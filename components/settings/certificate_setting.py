"""Reads elasticsearchCaCertificate as the certificates themselves, since a path differs from machine to machine."""

from pathlib import Path

from components.certificates import certificates_in
from components.settings.reader import SettingsReader


def certificate(reader: SettingsReader, key: str) -> str:
    """Return the certificates as PEM text, empty where none is set.

    The setting is the path of a PEM file, relative to the project's directory, or such a file's content.
    """
    value = reader.value(key)
    if not value:
        return ""
    if "-----BEGIN" in value:
        text, source = value, "is a text that"
    else:
        path = reader.project_directory / Path(value).expanduser()
        try:
            text, source = path.read_text(encoding="ascii", errors="replace"), f"is {path}, which"
        except OSError as error:
            reader.refuse(
                key,
                f"is {path}, which this machine can't read ({error.strerror or error}). Correct the path, or set the "
                f"content: `pulumi config set {key} < FILE` keeps the certificate itself in the stack's settings, for "
                "every machine.",
            )
            return ""
    found = certificates_in(text)
    if not found:
        reader.refuse(key, f"{source} holds no certificate: it must be a PEM file, or its content.")
    return found
