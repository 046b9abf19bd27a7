"""Facts to record: ledgers, summaries and escalations of made-up courses."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from domain.course.session import Stage
from domain.escalation.ids import escalation_id
from domain.escalation.messages import EscalationState, EscalationView, Kind, Page
from domain.ledger import GENESIS, Entry, Note, write
from domain.values import Actor, CourseId, Role, Severity
from domain.views.bookings import Booking
from domain.views.summary import Batch, CourseSummary

MARA: CourseId = "MARA-1"
MONDAY = datetime(2026, 1, 5, 17, 0, 0, 123456, tzinfo=UTC)
NURSE = Actor(id="nurse.lind", role=Role.MONITOR)


def note(data: dict[str, JsonValue], at: datetime = MONDAY) -> Note:
    """A reading, as the nurse reported it."""
    return Note(time=at, type="kap.vitals.recorded", event_id="v-1", source="/clinic/ehr", actor=NURSE, data=data)


def readings(number: int) -> list[Note]:
    return [note({"session": 1, "systolic": 120 + n}, MONDAY + timedelta(minutes=15 * n)) for n in range(number)]


def ledger(notes: Iterable[Note], course_id: CourseId = MARA) -> tuple[Entry, ...]:
    """The notes as a chain of entries, from the first."""
    entries: list[Entry] = []
    head = GENESIS
    for sequence, each in enumerate(notes, start=1):
        entries.append(write(course_id, sequence, head, each, each.time + timedelta(seconds=2)))
        head = entries[-1].hash
    return tuple(entries)


def summary(course_id: CourseId = MARA, sequence: int = 1, **changes: object) -> CourseSummary:
    return CourseSummary(
        course_id=course_id,
        site="bend",
        protocol_id="kap-im-weekly",
        protocol_version="1.0.0",
        phase="medicine",
        outcome=None,
        held=False,
        hold_reason=None,
        session=1,
        stage="dosed",
        attention=None,
        open_escalations=0,
        next_kind="vitals",
        next_due_at=MONDAY + timedelta(minutes=15),
        started_at=MONDAY,
        closed_at=None,
        sequence=sequence,
        ledger_head="f" * 64,
        planned_sessions=3,
        to_do="Session 1 of 3: reading",
        to_do_by=MONDAY + timedelta(minutes=15),
        blocked_by=("Discharge assessment to come", "Escort to come"),
        dosed_at=MONDAY,
        reading_due_at=MONDAY + timedelta(minutes=15),
    ).but(**changes)


def batch(entries: tuple[Entry, ...], **changes: object) -> Batch:
    """The entries with the summary that is true after the last of them."""
    last = entries[-1]
    told = summary(last.course_id, last.sequence, ledger_head=last.hash).but(**changes)
    return Batch(course_id=last.course_id, entries=entries, summary=told)


def booked(course_id: CourseId = MARA, session: int = 1, **changes: object) -> Booking:
    """A visit of two hours from Monday on, in the room willow with the nurse."""
    return Booking(
        course_id=course_id,
        site="bend",
        session=session,
        stage=Stage.BOOKED,
        starts_at=MONDAY,
        ends_at=MONDAY + timedelta(hours=2),
        is_here=False,
        is_off=False,
        room="willow",
        staff=(NURSE,),
        group=None,
    ).but(**changes)


def page(step: int, *, ok: bool = True) -> Page:
    return Page(
        at=MONDAY + timedelta(minutes=20 + step),
        step=step,
        person="nurse.lind",
        channel="ntfy",
        ok=ok,
        error=None if ok else "the channel did not take it",
    )


def view(course_id: CourseId = MARA, n: int = 1, revision: int = 1, **changes: object) -> EscalationView:
    """A reading is overdue; nobody has answered yet."""
    return EscalationView(
        id=escalation_id(course_id, Kind.VITALS_OVERDUE, 1, n),
        course_id=course_id,
        kind=Kind.VITALS_OVERDUE,
        session=1,
        severity=Severity.URGENT,
        state=EscalationState.OPEN,
        opened_at=MONDAY + timedelta(minutes=20),
        step=1,
        pages=(page(1),),
        revision=revision,
    ).but(**changes)
