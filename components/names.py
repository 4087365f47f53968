"""Reads several names from one text: a setting that used to hold one name may hold more, with commas between them."""


def names_in(text: object) -> tuple[str, ...]:
    """Return the names, each once, without the spaces around them."""
    parted = (one.strip() for one in str(text or "").split(","))
    return tuple(dict.fromkeys(one for one in parted if one))
