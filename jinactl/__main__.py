"""Run as `python -m jinactl`."""

import sys

from jinactl.command import run

sys.exit(run(sys.argv[1:]))
