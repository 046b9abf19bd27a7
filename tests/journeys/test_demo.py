"""The main job: a newcomer runs `kapstan demo` and sees whole courses come to their ends on the real system."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
WITHIN = 150.0


@pytest.mark.timeout(170)
def test_the_demonstration_plays_the_cast_and_every_course_ends_as_scripted(tmp_path: Path) -> None:
    """Exit code 0; a line for each patient with her outcome; the page that the nurse got; nothing left running."""
    played = subprocess.run(
        [sys.executable, ROOT / "starter.py", "demo", "--patients", "4", "--seed", "11"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )

    assert played.returncode == 0, f"{played.stdout}\n{played.stderr}"
    said = played.stdout
    assert re.search(r"P1-\w+ +completes +✓ completed", said)
    assert re.search(r"P2-\w+ +warning reading +✓ completed", said)
    assert re.search(r"P3-\w+ +missed reading +✓ completed", said)
    assert re.search(r"P4-\w+ +ineligible +✓ ineligible", said)
    assert "URGENT: reading overdue" in said
    assert "4 of 4 courses ended as their scripts say" in said
    assert list(tmp_path.iterdir()) == []
