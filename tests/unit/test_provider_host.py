"""The process that runs the dynamic providers: each preview waits until it has loaded their modules."""

import subprocess
import sys

from tests.unit.project import PROJECT_DIRECTORY

PROVIDERS = sorted(
    ".".join(module.relative_to(PROJECT_DIRECTORY).with_suffix("").parts)
    for module in PROJECT_DIRECTORY.glob("components/**/dynamic/*.py")
    if module.stem != "__init__"
)
UPDATES_ALONE = ("elasticsearch", "huggingface_hub", "pulumi_docker", "pulumi_command", "pulumi_kubernetes")
"""Libraries that only an update, or only the program itself, needs."""

LOADED = f"""
import sys
from importlib import import_module
for name in {PROVIDERS}:
    import_module(name)
    ours = [loaded for loaded in sys.modules if loaded.startswith("components.")]
    slow = [loaded for loaded in ours if loaded.endswith(".component") or loaded == "components.settings"]
    slow += [loaded for loaded in {UPDATES_ALONE} if loaded in sys.modules]
    if slow:
        sys.exit(f"{{name}} loads {{slow}}")
"""


def test_the_providers_load_neither_what_declares_resources_nor_a_library_that_a_preview_does_not_need() -> (
    None
):
    ran = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=PROJECT_DIRECTORY, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
