"""What people do about an escalation, at the edges of all that they may say: refused in words, or borne afterwards."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from console.api.escalations import Acknowledge, Reassign, Resolve, Snooze
from console.pages.oncall.escalations import EscalationAct
from domain.escalation.escalation import Escalation, EscalationRun, opened
from domain.escalation.ladder import EscalationProgress
from domain.escalation.messages import Change, EscalationState, Kind, Opening, Repeat
from domain.events.parsing import parse_json
from domain.oncall.file import OnCallQuery, parse_on_call
from domain.refusal import Refused
from domain.values import Severity
from tests.support.cast import MARA, days
from tests.support.edges import ODD, SYNTAX, Json, edges_of, is_read_back
from tests.support.ward import Ward

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
ON_CALL = parse_on_call(Path("examples/oncall.toml").read_text(encoding="utf-8"), "oncall.toml")
STANDING = ON_CALL.standing(OnCallQuery(severity=Severity.URGENT, at=NOW))
OPENING = Opening(
    id=f"{MARA}~vitals_urgent~1~1",
    course_id=MARA,
    kind=Kind.VITALS_URGENT,
    session=1,
    severity=Severity.URGENT,
    opened_at=NOW,
)
SAMPLES: dict[EscalationAct, Json] = {
    EscalationAct.ACKNOWLEDGE: {"by": "lind", "note": "On my way"},
    EscalationAct.RESOLVE: {"by": "lind", "note": "Measured again"},
    EscalationAct.SNOOZE: {"by": "lind", "for": "PT5M", "note": "The cuff is being changed"},
    EscalationAct.REASSIGN: {"by": "lind", "to": "osei", "note": "Off my floor"},
}
LENGTHS = ("PT0S", "PT0.000001S", "PT30M", "PT30M0.000001S", "P3650D", "P3651D", "P9999999W", "-PT5M", "P1Y", "5", ODD)


def obeyed(said: Acknowledge | Resolve | Snooze | Reassign, now: datetime) -> Escalation:
    """As the escalation's workflow does it."""
    return opened(OPENING, now).act(said.order, STANDING, now)


def is_borne(escalation: Escalation, now: datetime) -> None:
    """All that is made of it: its next run, what is recorded and shown of it, its ladder and its course's ledger."""
    run = EscalationRun(**dict(OPENING), carried=escalation)
    is_read_back(run)
    policy = STANDING.policy
    progress: EscalationProgress = escalation.progress
    for moment in (now, now + days(3650)):
        is_read_back(progress.lapsed(moment))
        assert (progress.wakes_at(policy) is None) == (escalation.view.state is EscalationState.RESOLVED)
        is_read_back(escalation.repeat(Repeat(severity=Severity.EMERGENCY, at=moment), moment))


@pytest.mark.parametrize("now", [NOW, datetime(2199, 12, 31, 23, 59, tzinfo=UTC)], ids=str)
@pytest.mark.parametrize("act", EscalationAct)
def test_no_edge_of_any_act_breaks_the_escalation(act: EscalationAct, now: datetime) -> None:
    """Over HTTP, strictly; each field of each act at each of its edges."""
    sample, done = SAMPLES[act], 0
    lengths = [{**sample, "for": length} for length in LENGTHS] if act is EscalationAct.SNOOZE else []
    for sent in [sample, *lengths, *edges_of(act.form, sample)]:
        try:
            body = json.dumps(sent)
            parse_json(body)
            is_borne(obeyed(act.form.model_validate_json(body, strict=True), now), now)
            done += 1
        except (ValidationError, Refused):
            continue
    assert done > 1


@pytest.mark.parametrize("act", EscalationAct)
def test_no_edge_of_any_form_of_an_act_breaks_the_escalation(act: EscalationAct) -> None:
    """By a form every field is text."""
    for sent in edges_of(act.form, SAMPLES[act]):
        texts = {name: value for name, value in sent.items() if isinstance(value, str) and value}
        try:
            is_borne(obeyed(act.form.model_validate(texts), NOW), NOW)
        except (ValidationError, Refused):
            continue


@pytest.mark.parametrize("note", [ODD, SYNTAX, "🙂" * 4000])
@pytest.mark.parametrize("change", Change)
def test_what_people_note_is_borne_by_the_courses_ledger(change: Change, note: str) -> None:
    """News of an escalation is written down in the words that somebody chose."""
    ward = Ward().dosed()
    ward.passes(timedelta(minutes=30))

    ward.hears(Kind.VITALS_OVERDUE, change, by="lind", note=note)

    assert ward.entries[-1].model_validate_json(ward.entries[-1].model_dump_json()) == ward.entries[-1]
    assert ward.entries[-1].data["note"] == note
