"""Reads elasticsearchCaCertificate: the certificates themselves, since a path is another one on another machine."""

from pathlib import Path

from components.certificates import certificates_in
from components.settings.reader import SettingsReader

KEY = "elasticsearchCaCertificate"

_AS_TEXT = f"`pulumi config set {KEY} < FILE` keeps the certificate itself in the stack's settings, for every machine"


def ca_certificate(reader: SettingsReader, project_directory: Path) -> str:
    """Return the certificates as PEM text, empty where none is set.

    The setting is the path of a PEM file, relative to `project_directory`, or such a file's content.
    """
    value = reader.text(KEY)
    if not value:
        return ""
    if "-----BEGIN" in value:
        text, source = value, "is a text that"
    else:
        path = project_directory / Path(value).expanduser()
        try:
            text, source = path.read_text(encoding="ascii", errors="replace"), f"is {path}, which"
        except OSError as error:
            reader.require(
                False,
                f"{KEY} is {path}, which this machine can't read ({error.strerror or error}). Correct the path, or set "
                f"the content: {_AS_TEXT}.",
            )
            return ""
    found = certificates_in(text)
    reader.require(
        bool(found), f"{KEY} {source} holds no certificate: it must be a PEM file, or its content."
    )
    return found
