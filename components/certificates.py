"""Certificates in PEM text (RFC 7468), in one form whatever a file has around them."""

import re

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def certificates_in(text: str) -> str:
    """Return the certificates in `text` and nothing else, empty if there are none.

    Comments, line ends of another system and white space around are left out, so that two copies of a file compare as
    equal.
    """
    blocks = (re.sub(r"\s*\n\s*", "\n", found[0]) for found in _BLOCK.finditer(text))
    return "".join(f"{block}\n" for block in blocks)
