"""Prometheus' own `promtool`, which checks rules, configurations and expressions as Prometheus reads them."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

PROMTOOL: Final = shutil.which("promtool")
MISSING: Final = "promtool is missing: alert rules are tested as Prometheus reads them (Debian: package prometheus)"

WHERE_WE_PROMISED: Final = "CI"
"""Set where promtool has to be: there the tests fail without it instead of being passed over."""


def promtool(*arguments: str, folder: Path) -> tuple[int, str]:
    """Its exit code in this folder, and what it said."""
    if PROMTOOL is None:
        (pytest.fail if WHERE_WE_PROMISED in os.environ else pytest.skip)(MISSING)
    run = subprocess.run([PROMTOOL, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return run.returncode, run.stdout + run.stderr
