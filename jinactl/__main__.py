"""The program: `jinactl`, or `python -m jinactl`."""

import sys

INTERRUPTED = 130


def main() -> int:
    """Run the command that the process was started with; return its exit code."""
    try:
        # Imported here: a Ctrl-C that comes before everything is loaded ends without a traceback too.
        from jinactl.app import run  # noqa: PLC0415

        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
