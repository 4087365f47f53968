"""Child processes of the sandbox: output goes to a log file, whose end is shown when the process fails."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.errors import SandboxError

LINES_SHOWN = 20


def run(
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> None:
    """Run a command to its end, appending its output to `log`; `env` is added to this process's environment.

    Raises SandboxError with the last lines of the output when the command fails, cannot be started, or runs
    longer than `timeout` seconds.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    shown = shlex.join(str(part) for part in command)
    with log.open("a") as output:
        output.write(f"$ {shown}\n")
        output.flush()
        try:
            subprocess.run(
                [str(part) for part in command],
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=True,
            )
        except FileNotFoundError as error:
            raise SandboxError(f"{command[0]} is not installed, and `{shown}` needs it.") from error
        except subprocess.TimeoutExpired as error:
            raise SandboxError(
                f"`{shown}` ran longer than {timeout:.0f} s. Its output is in {log}."
            ) from error
        except subprocess.CalledProcessError as error:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-LINES_SHOWN:])
            raise SandboxError(
                f"`{shown}` failed with exit code {error.returncode}. Its last lines:\n{tail}\n"
                f"All of it is in {log}."
            ) from error
