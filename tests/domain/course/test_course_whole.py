"""A whole course, from the referral to the last visit: on good days, and as a clinic sends its past."""

from datetime import UTC, datetime

from domain.course.course import Course
from domain.course.session import Stage
from domain.course.state import Outcome, Phase
from domain.events.clinic_events import ClinicEvent
from domain.events.parsing import parse_event
from tests.domain.conftest import Opens
from tests.support.cast import days, integration, pinned, seconds, weekly
from tests.support.paths import ROOT
from tests.support.ward import Ward, is_whole

EXAMPLE = ROOT / "examples" / "course.jsonl"
SUMMER = datetime(2026, 8, 1, 12, tzinfo=UTC)
"""Long after the last event of the example."""


def example() -> list[ClinicEvent]:
    return [parse_event(line) for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]


def test_a_course_on_good_days_is_completed_and_wakes_nobody(ward: Ward) -> None:
    """Referral, preparation, three sessions, integration, three visits: nothing is due that does not come."""
    ward.completed()

    assert ward.course.phase is Phase.CLOSED
    assert ward.course.outcome is Outcome.COMPLETED
    assert [session.stage for session in ward.course.sessions] == [Stage.DISCHARGED] * 3
    assert ward.calls == []
    assert ward.written("checkpoint.missed", "deadline.passed") == []
    assert ward.course.deadlines() == ()


def test_the_phases_follow_one_another_and_are_written_down(ward: Ward) -> None:
    """Every phase that a course enters stands in its ledger."""
    ward.completed()

    phases = [entry.data["phase"] for entry in ward.entries if entry.type == "kap.phase.entered"]
    assert phases == [
        "screening",
        "preparation",
        "medicine",
        "integration",
        "medicine",
        "integration",
        "medicine",
        "integration",
        "follow_up",
        "closed",
    ]
    assert ward.written()[-1] == "course.closed"


def test_a_course_of_the_past_sent_today_ends_completed_and_wakes_nobody() -> None:
    """CONTRACT 5, backfill: the example's 79 events, one a second, raise no escalation on the way."""
    ward = Ward("EX-1", now=SUMMER)

    for event in example():
        ward.sends(event)
        ward.passes(seconds(1))

    assert len(ward.answers) == 79
    assert ward.course.outcome is Outcome.COMPLETED
    assert ward.calls == []
    assert ward.written("checkpoint.missed", "deadline.passed", "escalation.opened") == []
    assert is_whole(ward)


def test_a_course_sent_twice_is_answered_twice_and_told_once() -> None:
    """Sent again, each event gets its first answer, and neither chart nor ledger changes."""
    ward = Ward("EX-1", now=SUMMER)
    first = [ward.sends(event) for event in example()]
    before, length = ward.course, len(ward.entries)

    again = [ward.repeats(event) for event in example()]

    assert again == first
    assert ward.course == before
    assert len(ward.entries) == length


def test_every_event_stands_in_the_ledger_once_under_its_sequence() -> None:
    """The sequence that the clinic was answered is where the event stands."""
    ward = Ward("EX-1", now=SUMMER)
    for event in example():
        ward.sends(event)

    assert [entry.sequence for entry in ward.entries] == list(range(1, len(ward.entries) + 1))
    for event, answer in ward.answers:
        standing = [entry for entry in ward.entries if (entry.source, entry.event_id) == (event.source, event.id)]
        assert [entry.sequence for entry in standing] == [answer.sequence]
        assert standing[0].time == event.time
        assert standing[0].type == event.type
        assert standing[0].actor == event.data.actor


def test_the_chart_travels_as_json_at_every_point_of_a_course() -> None:
    """What one run hands to the next is read back as it was, and decides the same."""
    ward = Ward("EX-1", now=SUMMER)
    for event in example():
        ward.course = Course.model_validate_json(ward.course.model_dump_json())
        ward.sends(event)

    assert ward.course.outcome is Outcome.COMPLETED
    assert is_whole(ward)


def test_a_protocol_without_integration_and_follow_up_ends_with_the_last_discharge(opens: Opens) -> None:
    """No talk is asked for, so the next session may be booked at once; no visit is, so the last discharge closes."""
    ward = opens(weekly({"integration.sessions": 0, "follow_up.after": ()}))

    ward.discharged()
    assert ward.course.phase is Phase.MEDICINE
    ward.discharged(3)

    assert ward.course.outcome is Outcome.COMPLETED
    assert ward.written()[-4:] == ["phase.entered", "phase.entered", "phase.entered", "course.closed"]


def test_two_talks_after_each_session_are_waited_for(opens: Opens) -> None:
    """The protocol's number of integration sessions is reached before the course goes on."""
    ward = opens(weekly({"integration.sessions": 2})).integrated()

    answers = [answer.phase for _, answer in ward.answers[-1:]]
    answers.append(ward.reports(integration(ward.course_id, at=ward.now + days(1))).phase)

    assert answers == [Phase.INTEGRATION, Phase.MEDICINE]


def test_two_courses_know_nothing_of_each_other() -> None:
    """A chart is pinned to its course's protocol from the start, by content."""
    one, other = Ward("MARA-1"), Ward("JONAS-1")
    one.dosed()

    assert other.course == Course.blank("JONAS-1", pinned())
    assert one.course.protocol_hash == pinned().hash
