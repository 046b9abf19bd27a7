"""CONTRIBUTING.md says how an event is added: its steps are followed here, for the event that it invents."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Final

from tests.support.paths import ROOT

STORY: Final = """
from domain.events.clinic_events import MODELS
from domain.events.parsing import event_from
from tests.support.ward import Ward, is_whole


def tea(ward, cups):
    said = {"actor": {"id": "lind", "role": "monitor"}, "session": 1, "cups": cups}
    event = {"specversion": "1.0", "type": "kap.tea.served", "source": "test", "id": f"tea-{ward.now}", "data": said}
    return event_from({**event, "subject": ward.course_id, "time": ward.now.isoformat()})


early = Ward().checked_in()
print(early.reasons(tea(early, 1)), "kap.tea.served" in early.course.next_acts(early.now))
ward = Ward().dosed()
print("kap.tea.served" in ward.course.next_acts(ward.now), ward.sends(tea(ward, 2)).sequence == len(ward.entries))
print(ward.entries[-1].type, ward.entries[-1].data, is_whole(ward))
"""


def test_the_steps_that_add_an_event_are_all_that_it_takes(tmp_path: Path) -> None:
    """The model and the rule; then it is offered where it belongs, refused elsewhere, and written down."""
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    steps = guide[guide.index("**An event**") : guide.index("**A protocol key.**")]
    model, rule = (dedent(f"   {block}") for block in re.findall(r"```python\n   (.*?)```", steps, re.DOTALL))
    shutil.copytree(ROOT / "domain", tmp_path / "domain")
    events, rules = tmp_path / "domain/events/clinic_events.py", tmp_path / "domain/course/event_rule_registry.py"

    text = events.read_text(encoding="utf-8")
    text = text.replace("ClinicEvent = Annotated[", f"{model}\n\nClinicEvent = Annotated[", 1)
    events.write_text(text.replace("    | PatientDischarged\n", "    | PatientDischarged\n    | TeaServed\n", 1))
    (tmp_path / "domain/course/rules/tea.py").write_text(rule)
    text = rules.read_text(encoding="utf-8").replace("    referral,\n", "    referral,\n    tea,\n", 1)
    rules.write_text(text.replace("    migration.RULES,\n", "    migration.RULES,\n    tea.RULES,\n", 1))

    told = subprocess.run(
        [sys.executable, "-c", STORY],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.stderr == ""
    assert told.stdout.splitlines() == [
        "['session.wrong_stage'] False",
        "True True",
        "kap.tea.served {'session': 1, 'cups': 2} True",
    ]
