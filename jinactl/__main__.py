"""Run as `jinactl`."""

import sys

from jinactl.app import main

sys.exit(main())
