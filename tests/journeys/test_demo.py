"""The main job: a newcomer runs `kapstan demo` and sees whole courses come to their ends on the real system."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.shipped_protocols import SHIPPED_BY_ID

WITHIN = 580.0

ENDINGS = {
    "completes": "completed",
    "warning reading": "completed",
    "missed reading": "completed",
    "ineligible": "ineligible",
    "override, alarm": "completed",
    "risk, hold": "completed",
    "withdraws": "withdrawn",
    "no-show, late dose": "completed",
    "slip corrected": "completed",
    **{one: "completed" for one in SHIPPED_BY_ID if one != "kap-im-weekly"},
}
PAGES = (
    ("lind", "URGENT: reading overdue"),
    ("lind", "URGENT: urgent review"),
    ("osei", "URGENT: urgent review"),
    ("lind", "URGENT: answer to review today"),
    ("osei", "EMERGENCY: clinician contact needed"),
    ("desk", "ROUTINE: visit not reported"),
    ("desk", "ROUTINE: visit missed"),
    ("lind", "URGENT: visit to look into at once"),
    ("osei", "EMERGENCY: deviation to review"),
    ("lind", "EMERGENCY: immediate review"),
    ("osei", "EMERGENCY: immediate review"),
)
NEWS = (
    "P3-.+ answered by lind after 30 s",
    "P5-.+ over screening.systolic_above_limit: Afraid of the cuff",
    "P5-.+ urgent: Systolic ",
    "P5-.+ answered by osei after 5 min 20 s",
    "P6-.+ held: nobody is dosed until a prescriber resumes",
    "P7-.+ withdrew: ",
    "P8-.+ paged: visit not reported",
    "P8-.+ missed session 2",
    "P8-.+ session cleared refused: Systolic ",
    "P8-.+ deviates: The clearance is 35 min old",
    r"P9-.+ emergency: SpO₂ 8\d is below the limit of 90",
    "P9-.+ corrected: Typed wrong: ",
    r"P1\d-.+ infusion paused: ",
)


@pytest.mark.timeout(600)
def test_the_demonstration_plays_the_cast_and_every_course_ends_as_scripted(tmp_path: Path) -> None:
    """Exit code 0; what happened to whom; a line for each with their outcome; every page; nothing left behind."""
    played = subprocess.run(
        [sys.executable, ROOT / "starter.py", "demo", "--seed", "11"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )

    assert played.returncode == 0, f"{played.stdout}\n{played.stderr}"
    said = played.stdout
    for number, (script, outcome) in enumerate(ENDINGS.items(), start=1):
        assert re.search(rf"P{number}-\w+ +{script} +✓ {outcome}", said), script
    for person, page in PAGES:
        assert re.search(rf"{person} +{page}", said), page
    for line in NEWS:
        assert re.search(line, said), line
    count = len(ENDINGS)
    assert f"{count} of {count} courses ended as scripted, with a ledger that verifies" in said
    assert list(tmp_path.iterdir()) == []
