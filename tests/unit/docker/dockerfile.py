"""Reads a Dockerfile as far as the tests need it: stages, and the instructions in them."""

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[3] / "docker"
NAMES = ("Dockerfile", "Dockerfile.cuda")


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continued lines joined by single spaces."""

    keyword: str
    value: str

    @property
    def variables(self) -> set[str]:
        """The build arguments and environment variables that the instruction refers to as ${NAME}."""
        return set(re.findall(r"\$\{(\w+)\}", self.value))


@dataclass
class Stage:
    """What follows one FROM: `name`, and `base`, which is another stage or an image."""

    name: str
    base: str
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, keyword: str) -> list[str]:
        """Return the values of all instructions of this kind."""
        return [instruction.value for instruction in self.instructions if instruction.keyword == keyword]


@dataclass
class Dockerfile:
    """A whole Dockerfile: the arguments before the first FROM, and the stages in order."""

    text: str
    arguments: dict[str, str]
    stages: dict[str, Stage]

    @property
    def final(self) -> Stage:
        """The stage that a plain build returns."""
        return list(self.stages.values())[-1]

    def lineage(self, stage: Stage) -> list[Stage]:
        """Return the stage and those that it is based on: all whose files are in its image unless copied."""
        stages = [stage]
        while stages[-1].base in self.stages:
            stages.append(self.stages[stages[-1].base])
        return stages


def argument(value: str) -> tuple[str, str]:
    """Split the value of an ARG into name and default."""
    name, _, default = value.partition("=")
    return name, default.strip('"')


def read(name: str) -> Dockerfile:
    """Read docker/`name`."""
    text = (FOLDER / name).read_text()
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    arguments: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    for line in joined.splitlines():
        keyword, _, value = line.partition(" ")
        if keyword == "FROM":
            base, _, stage = value.partition(" AS ")
            stages[stage] = Stage(stage, base)
        elif stages:
            list(stages.values())[-1].instructions.append(Instruction(keyword, value))
        else:
            arguments.update([argument(value)])
    return Dockerfile(text, arguments, stages)


def declared(name: str) -> dict[str, str]:
    """Return every build argument of docker/`name`, with its default."""
    dockerfile = read(name)
    inside = [argument(value) for stage in dockerfile.stages.values() for value in stage.all("ARG")]
    return {**dict(inside), **dockerfile.arguments}


def pairs(value: str) -> dict[str, str]:
    """Read the NAME=VALUE pairs of an ENV or LABEL."""
    return dict(pair.split("=", 1) for pair in shlex.split(value))
