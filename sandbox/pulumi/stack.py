"""One stack of this project, driven by the Pulumi CLI as users drive it, its settings outside the repository.

`pulumi.automation` is not used. It starts the CLI in its caller's session, so a Ctrl-C in a terminal reaches the CLI
beside the one that is passed on, and Pulumi gives up at the second; it passes secrets as arguments, which every user of
a machine can read; and it raises when an update fails, where callers need its exit code and its output as it came.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from components.say import Say
from sandbox.errors import SandboxError
from sandbox.machine.cache import write_whole
from sandbox.pulumi import command, left_behind
from sandbox.pulumi.command import Finished

PROJECT = "jina-search"
PROJECT_DIRECTORY = Path(__file__).resolve().parents[2]


class SandboxStack:
    """A stack whose settings are in `folder`/Pulumi.<name>.yaml, so that the files in the repository stay as they are.

    `environment` is the whole environment of the CLI, with its backend and passphrase. `program` is the folder of the
    program: by default this repository, or that of another version of the project.
    """

    def __init__(
        self, name: str, folder: Path, environment: Mapping[str, str], program: Path = PROJECT_DIRECTORY
    ) -> None:
        self.name = name
        self.project: str = yaml.safe_load((program / "Pulumi.yaml").read_text())["name"]
        self._folder = folder
        self._environment = dict(environment)
        self._program = program
        self._config = folder / f"Pulumi.{name}.yaml"

    def with_environment(self, changes: Mapping[str, str]) -> "SandboxStack":
        """Return the same stack with changes to the environment of the CLI."""
        return SandboxStack(self.name, self._folder, {**self._environment, **changes}, self._program)

    def with_program(self, program: Path) -> "SandboxStack":
        """Return the same stack under another version of the program, in the folder `program`."""
        return SandboxStack(self.name, self._folder, self._environment, program)

    def with_new_state(self, folder: Path) -> "SandboxStack":
        """Return a stack of the same name with an empty state, in a backend of its own in `folder`."""
        backend = folder / "state"
        backend.mkdir(parents=True)
        environment = {**self._environment, "PULUMI_BACKEND_URL": f"file://{backend}"}
        stack = SandboxStack(self.name, folder, environment, self._program)
        stack.ensure()
        return stack

    def renamed(self, name: str, program: Path | None = None) -> "SandboxStack":
        """Rename the stack, and its project too if that in the folder `program` has another name; return it.

        Raises SandboxError with the CLI's output when it can't be renamed.
        """
        renamed = SandboxStack(name, self._folder, self._environment, program or self._program)
        wanted = name if renamed.project == self.project else f"organization/{renamed.project}/{name}"
        settings = self.settings
        done = self._run(["stack", "rename", wanted, "--stack", self.name], cwd=self._folder, capture=True)
        if done.exit_code != 0:
            raise SandboxError(f"The stack {self.name} could not be renamed to {wanted}:\n{done.output}")
        content = yaml.safe_load(renamed._config.read_text())
        content["config"] = {f"{renamed.project}:{key}": value for key, value in settings.items()}
        write_whole(renamed._config, yaml.safe_dump(content, sort_keys=True))
        renamed._write_project()
        return renamed

    def ensure(self) -> None:
        """Make the stack in the backend if it is not there.

        Raises SandboxError with the CLI's output when it cannot be made.
        """
        if self._made:
            return
        # `stack init` has no --config-file: it runs in a folder of its own, where it leaves the salt of the secrets.
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write_project()
        made = self._run(["stack", "init", self.name, "--no-select"], cwd=self._folder, capture=True)
        # A run that was killed may have left the stack without its salt, which the next update then makes.
        if made.exit_code != 0 and not self._in_backend:
            raise SandboxError(f"The stack {self.name} could not be made:\n{made.output}")

    def recover(self, say: Say) -> None:
        """Clean up what a killed update has left, so that the next one can begin.

        Raises SandboxError when a process on another machine holds the stack's lock.
        """
        locks = self._backend / "locks" / "organization" / self.project / self.name
        left_behind.release(locks, self.backend_url, say)
        if not self._made:
            return
        state = self.export()
        if state["deployment"].get("pending_operations"):
            left_behind.remove_unrecorded(state, say)
            # An import drops the operations: nothing of them is unknown any more.
            command = ["stack", "import", "--stack", self.name]
            done = self._run(command, cwd=self._folder, capture=True, given=json.dumps(state))
            if done.exit_code != 0:
                raise SandboxError(f"The state of the stack {self.name} could not be mended:\n{done.output}")

    @property
    def backend_url(self) -> str:
        """Where the state of the stack is: a file backend."""
        return self._environment["PULUMI_BACKEND_URL"]

    @property
    def settings(self) -> dict[str, Any]:
        """Return what the stack sets, by key without the project's name."""
        if not self._config.is_file():
            return {}
        config = yaml.safe_load(self._config.read_text()).get("config") or {}
        return {key.removeprefix(f"{self.project}:"): value for key, value in config.items()}

    def configure(self, values: Mapping[str, object]) -> None:
        """Set `values` and keep the other settings of the stack; None removes a setting."""
        content = yaml.safe_load(self._config.read_text()) if self._config.is_file() else {}
        shipped = yaml.safe_load((PROJECT_DIRECTORY / f"Pulumi.{self._shipped}.yaml").read_text())["config"]
        shipped = {key.replace(PROJECT, self.project, 1): value for key, value in shipped.items()}
        config = {**shipped, **(content.get("config") or {})}
        config |= {f"{self.project}:{key}": value for key, value in values.items()}
        content["config"] = {key: value for key, value in config.items() if value is not None}
        write_whole(self._config, yaml.safe_dump(content, sort_keys=True))

    def set_secret(self, key: str, value: str) -> None:
        """Set one encrypted setting, by standard input: every user of a machine can read the arguments of processes."""
        done = self._pulumi("config", "set", "--secret", key, capture=True, given=value)
        if done.exit_code != 0:
            raise SandboxError(f"{key} could not be set:\n{done.output}")

    def up(self, *arguments: str, capture: bool = False) -> Finished:
        """Run `pulumi up`; its output goes to the terminal unless it is captured."""
        return self._pulumi("up", "--yes", "--skip-preview", *arguments, capture=capture)

    def preview(self, *arguments: str, capture: bool = True) -> Finished:
        """Run `pulumi preview`."""
        return self._pulumi("preview", *arguments, capture=capture)

    def refresh(self, *arguments: str, capture: bool = True) -> Finished:
        """Run `pulumi refresh`."""
        return self._pulumi("refresh", "--yes", "--skip-preview", *arguments, capture=capture)

    def destroy(self, *, capture: bool = False) -> Finished:
        """Run `pulumi destroy`."""
        return self._pulumi("destroy", "--yes", "--skip-preview", capture=capture)

    def remove(self, *, force: bool = False) -> None:
        """Remove the stack and its settings. It must have no resources any more, unless `force` is given."""
        forced = ["--force"] if force else []
        removed = self._run(
            ["stack", "rm", "--yes", *forced, "-s", self.name], cwd=self._folder, capture=True
        )
        if removed.exit_code != 0:
            raise SandboxError(f"The stack {self.name} could not be removed:\n{removed.output}")
        self._config.unlink(missing_ok=True)

    def export(self) -> dict[str, Any]:
        """Return the stack's whole state as `pulumi stack export` gives it, secrets encrypted."""
        state: dict[str, Any] = json.loads(self._asked("stack", "export"))
        return state

    def outputs(self, *, show_secrets: bool = True) -> dict[str, Any]:
        """Return the stack's outputs, with secrets in clear unless they are not to be shown."""
        shown = ["--show-secrets"] if show_secrets else []
        outputs: dict[str, Any] = json.loads(self._asked("stack", "output", "--json", *shown))
        return outputs

    def last_changes(self) -> dict[str, int]:
        """Return how many resources the last update created, updated, replaced, deleted and left the same."""
        history = json.loads(self._asked("stack", "history", "--json", "--page-size", "1"))
        changes: dict[str, int] = history[0].get("resourceChanges") or {} if history else {}
        return changes

    @property
    def _shipped(self) -> str:
        """The stack that ships with the project, and on whose settings this one builds."""
        return self.name if (PROJECT_DIRECTORY / f"Pulumi.{self.name}.yaml").is_file() else "cpu"

    @property
    def _made(self) -> bool:
        """Whether the backend holds the stack and its settings have the salt of its secrets."""
        salted = self._config.is_file() and "encryptionsalt" in self._config.read_text()
        return salted and self._in_backend

    @property
    def _in_backend(self) -> bool:
        return any((self._backend / "stacks" / self.project).glob(f"{self.name}.json*"))

    @property
    def _backend(self) -> Path:
        return Path(self.backend_url.removeprefix("file://")) / ".pulumi"

    def _write_project(self) -> None:
        """Make the folder of the settings a project of this name, for commands that have no --config-file."""
        (self._folder / "Pulumi.yaml").write_text(f"name: {self.project}\nruntime: python\n")

    def _asked(self, *arguments: str) -> str:
        command = [*arguments, "--stack", self.name]
        answered = self._run(command, cwd=self._folder, capture=True, apart=True)
        if answered.exit_code != 0:
            raise SandboxError(f"`pulumi {' '.join(command)}` failed:\n{answered.errors}")
        return answered.output

    def _pulumi(self, *arguments: str, capture: bool, given: str = "") -> Finished:
        command = [*arguments, "--stack", self.name, "--config-file", str(self._config)]
        return self._run(command, cwd=self._program, capture=capture, given=given)

    def _run(
        self, arguments: Sequence[str], *, cwd: Path, capture: bool, apart: bool = False, given: str = ""
    ) -> Finished:
        return command.run(
            arguments, cwd=cwd, environment=self._environment, capture=capture, apart=apart, given=given
        )
