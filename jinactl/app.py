"""The command line: its commands, and how each of them ends."""

from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from components.errors import StackError
from jinactl.commands import (
    backup,
    bench,
    delete,
    doctor,
    evaluate,
    export,
    ingest,
    repair,
    restore,
    search,
    status,
)
from jinactl.commands import open as open_page
from jinactl.console import Console, silence_broken_pipe
from jinactl.errors import UsageError

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


class Commands(TyperGroup):
    """The commands, each ended with a message and an exit code whatever becomes of it."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command of the context; raises typer.Exit with its code when it did not succeed."""
        try:
            return super().invoke(ctx)
        except StackError as error:
            Console().error(str(error))
            raise typer.Exit(WRONG_USAGE if isinstance(error, UsageError) else FAILED) from error
        except KeyboardInterrupt as error:
            goes_on = "; running the command again goes on, and makes no document twice"
            Console().say("interrupted" + (goes_on if ctx.invoked_subcommand == "ingest" else ""))
            raise typer.Exit(INTERRUPTED) from error
        except typer.Abort as error:  # a Ctrl-C at a question
            Console().say("")
            Console().say("interrupted")
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            silence_broken_pipe()
            raise typer.Exit(FAILED) from error
        except OSError as error:  # such as a disk that is full
            silence_broken_pipe()
            where = f"{error.filename}: " if error.filename else ""
            Console().error(f"Reading or writing failed: {where}{error.strerror or error}.")
            raise typer.Exit(FAILED) from error


app = typer.Typer(
    name="jinactl",
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Put documents into the index of a stack that is up, search them, and look after them.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but for some documents, 130 after Ctrl-C.",
)
for command in (
    ingest,
    search,
    open_page,
    status,
    doctor,
    bench,
    evaluate,
    export,
    delete,
    repair,
    backup,
    restore,
):
    command.add_to(app)


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code.

    0 is done, 1 failed (the reason is on standard error), 2 wrong usage, 3 done but for documents that were rejected,
    130 interrupted.
    """
    try:
        app(list(arguments), prog_name="jinactl")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else FAILED
    return 0
