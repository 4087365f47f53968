"""Measurements: `python -m benchmarks.<name>`."""

import sys
from pathlib import Path

# The gateway's program is a package of its image.
sys.path.append(str(Path(__file__).parent.parent / "docker"))
