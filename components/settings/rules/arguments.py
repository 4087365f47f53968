"""Rules about serverExtraArguments: each is one that the server reads, and none undoes what this project promises."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from components.settings.reader import SettingsReader
from components.settings.rules.known_arguments import FOR_GPUS, KNOWN, NOT_READ, OWN, REFUSED
from components.settings.schema import Settings
from components.settings.setting import PREFIX

NEAR = 0.8
"""Likeness from which on a name counts as a slip of the keyboard: one letter in five may differ."""

KEY = "serverExtraArguments"


def check_arguments(reader: SettingsReader, settings: Settings) -> None:
    """Note in `reader` every extra argument that cannot be used."""
    for argument in settings.server.extra_arguments:
        problem = _problem(argument, settings.device == "cuda")
        reader.require(not problem, f"{KEY} has {problem}", KEY)
    _check_duplicates(reader, settings.server.extra_arguments)


def _check_duplicates(reader: SettingsReader, arguments: Sequence[str]) -> None:
    names = [argument.partition("=")[0] for argument in arguments]
    switches = [PREFIX + _switch(name.removeprefix(PREFIX)) for name in names]
    for name in sorted({name for name in switches if switches.count(name) > 1}):
        reader.require(
            False,
            f"{KEY} has {name} more than once: the server would take one of them. Remove all but one.",
            KEY,
        )


def _problem(argument: str, cuda: bool) -> str:
    """Return what is wrong with an argument, beginning with its name; nothing for one that may be used."""
    full_name, _, value = argument.partition("=")
    if full_name == "LLAMA_API_KEY":
        return f"{full_name}: it is set by serverApiKey."
    if not re.fullmatch(r"LLAMA_ARG_[A-Z0-9_]+=.*", argument):
        return f'"{argument}": each must be LLAMA_ARG_NAME=value.'
    name = _switch(full_name.removeprefix(PREFIX))
    if name in OWN:
        return f"{full_name}: it is set by {OWN[name]}."
    if name in NOT_READ:
        return f"{full_name}: llama-server does not read it; the name is {NOT_READ[name]}."
    if name in REFUSED:
        return f"{full_name}, which is not allowed: {REFUSED[name]}."
    if name in FOR_GPUS and not cuda:
        return f"{full_name}, which chooses among GPUs, but device is cpu: remove it, or set device to cuda."
    if name == "DEVICE" and value == "none" and cuda:
        return f"{full_name}=none, but device is cuda: the model would run on the CPU. Remove it, or set device to cpu."
    meant = "" if name in KNOWN else near(name)
    if not meant:
        return ""
    set_by = f", which is set by {OWN[meant]}" if meant in OWN else ""
    return f"{full_name}: llama-server does not read it. Did you mean {PREFIX}{meant}{set_by}?"


def near(name: str) -> str:
    """Return the known variable that `name` (without LLAMA_ARG_) resembles, else an empty text."""
    by_letters = {_letters(one): one for one in sorted(KNOWN)}
    wanted = _letters(name)
    found = [wanted] if wanted in by_letters else get_close_matches(wanted, by_letters, n=1, cutoff=NEAR)
    return by_letters[found[0]] if found else ""


def _switch(name: str) -> str:
    """Return the switch that a variable turns on or off: NAME for NO_NAME."""
    off = name.removeprefix("NO_")
    return off if off in KNOWN and name not in KNOWN else name


def _letters(name: str) -> str:
    """Return what is left of a name without the parts that people add, leave out or write in another way."""
    return "".join(part for part in name.split("_") if part not in ("N", "SIZE", "NUM")).removesuffix("SIZE")
