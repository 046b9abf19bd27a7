"""What ships in the image besides Kapstan's own code: packages at the versions of the lock."""

import re
import subprocess
import sys
from functools import cache

from tests.support.paths import ROOT


@cache
def runtime_lock() -> str:
    """The part of requirements.lock that is installed in the image."""
    return subprocess.run(
        [sys.executable, ROOT / "deploy" / "runtime_requirements.py"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def shipped() -> dict[str, str]:
    """Each package of the image, with its version."""
    return dict(re.findall(r"^([^\s=]+)==(\S+)", runtime_lock(), flags=re.MULTILINE))
