"""The commands that the pages give are there, with their options."""

import re
import shlex
import subprocess
import sys
from functools import cache

import pulumi_docker
import pulumi_kubernetes
import pytest

from tests.unit.docs.pages import PAGES, all_commands, exists
from tests.unit.project import PROJECT_DIRECTORY, config_schema
from tools.outputs_table import MEANINGS as OUTPUTS

PROVIDERS = {"docker": pulumi_docker.ProviderArgs, "kubernetes": pulumi_kubernetes.ProviderArgs}
MAKEFILE = (PROJECT_DIRECTORY / "Makefile").read_text()


def commands_of(module: str) -> set[str]:
    """Return the commands that the help of `python -m` lists below a line that says so."""
    listed = help_of(module).partition("Commands:\n")[2]
    return {line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "}


@cache
def help_of(*command: str) -> str:
    """Return what `python -m` says of a command."""
    asked = [sys.executable, "-m", *command, "--help"]
    answer = subprocess.run(asked, cwd=PROJECT_DIRECTORY, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, f"{command}: {answer.stderr}"
    return answer.stdout


def options(words: list[str]) -> list[str]:
    return [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]


@pytest.mark.parametrize("command", all_commands("make"))
def test_each_make_command_has_its_target_and_variables(command: str) -> None:
    words = [word for word in shlex.split(command) if word != "--silent"]

    assert words[0] in re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)
    for word in words[1:]:
        assert re.search(rf"\b{word.partition('=')[0]}\b.*=", MAKEFILE), word


@pytest.mark.parametrize("command", all_commands("python -m"))
def test_each_command_of_this_project_takes_the_options_that_are_given(command: str) -> None:
    module, *words = shlex.split(command)
    if module in ("venv", "pytest"):
        return
    argparse_listed = help_of(module).replace("}", ",")
    known = words and (words[0] in commands_of(module) or f"{words[0]}," in argparse_listed)
    subcommand = [words[0]] if known else []
    for option in options(words):
        assert re.search(rf"{option}\b", help_of(module, *subcommand)), option
    assert subcommand or not words or words[0].startswith("-"), command


@pytest.mark.parametrize("command", all_commands("python -m pytest") + all_commands("pytest"))
def test_each_folder_of_tests_and_each_mark_is_there(command: str) -> None:
    folders, _, mark = command.partition(" -m ")

    assert [folder for folder in folders.split() if not exists(folder)] == []
    assert not mark or f'"{mark}: ' in (PROJECT_DIRECTORY / "pyproject.toml").read_text()


@pytest.mark.parametrize("page", PAGES)
def test_each_command_of_jinactl_in_a_sentence_is_one(page: str) -> None:
    for subcommand in re.findall(r"\bjinactl ([a-z]+)", re.sub(r"[^`]*`([^`]*)`[^`]*", r"\1\n", PAGES[page])):
        assert subcommand in commands_of("jinactl"), subcommand


@pytest.mark.parametrize("command", all_commands("jinactl"))
def test_each_command_of_jinactl_takes_the_options_that_are_given(command: str) -> None:
    subcommand, *words = shlex.split(command)
    assert subcommand in commands_of("jinactl")
    for option in options(words):
        assert re.search(rf"{option}\b", help_of("jinactl", subcommand)), option


@pytest.mark.parametrize("command", [one for one in all_commands("pulumi") if one.startswith("config ")])
def test_each_setting_that_is_set_is_one(command: str) -> None:
    (_, verb, *words) = shlex.split(command.replace("<", " "))
    positional = [word for word in words if word not in ("--path", "--secret", "-s", "--stack")]
    key = positional[0].partition("[")[0]

    assert verb in ("set", "rm", "get")
    assert_setting(key)


@pytest.mark.parametrize("command", [one for one in all_commands("pulumi") if "--config " in one])
def test_each_setting_of_an_update_is_one(command: str) -> None:
    for given in re.findall(r"--config ([\w:]+)=", command):
        assert_setting(given)


@pytest.mark.parametrize("command", [one for one in all_commands("pulumi") if one.startswith("stack output")])
def test_each_output_that_is_asked_for_is_one(command: str) -> None:
    named = [
        word for word in shlex.split(command)[2:] if word not in ("--stack", "-s", "cpu") and word[0] != "-"
    ]

    assert set(named) <= OUTPUTS.keys()


def assert_setting(key: str) -> None:
    provider, _, name = key.rpartition(":")
    if provider in PROVIDERS:
        written = re.sub(r"([A-Z])", lambda letter: f"_{letter[1].lower()}", name)
        assert hasattr(PROVIDERS[provider], written), key
    elif key not in ("NAME", "KEY"):
        assert key in config_schema()
