"""Time zones are the locked package's, on every machine."""

import shutil
import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

ASKED = """
from datetime import datetime
from zoneinfo import ZoneInfo
import domain.course.state
print(datetime(2026, 1, 5, 12, tzinfo=ZoneInfo("Europe/Berlin")).utcoffset())
"""


def test_another_machines_time_zones_are_not_asked(tmp_path: Path) -> None:
    """There Berlin is where Tokyo is: a worker there counts the days of a course as every other does."""
    elsewhere = tmp_path / "Europe" / "Berlin"
    elsewhere.parent.mkdir()
    with as_file(files("tzdata.zoneinfo.Asia") / "Tokyo") as tokyo:
        shutil.copy(tokyo, elsewhere)

    asked = subprocess.run(
        [sys.executable, "-c", ASKED],
        env={"PYTHONTZPATH": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert asked.stdout.strip() == "1:00:00"
