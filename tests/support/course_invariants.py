"""What must hold of a course in every state, and of every event that it takes in or refuses.

Where they can they ask the ledger, read as corrected, and not the course that decided. `read` is that ledger;
`is_in_doubt` says that it alone may not tell any more where its facts belong.
"""

from collections.abc import Sequence
from itertools import pairwise

from domain.course.answer import AlreadyAnswered
from domain.course.course import CLOCK_SKEW, Course
from domain.course.deadlines import DeadlineKind
from domain.course.session import MedicineSession
from domain.escalation.messages import EscalationState
from domain.events.clinic_events import (
    Act,
    AdverseEventReported,
    CheckInCompleted,
    ClinicEvent,
    CourseVoided,
    DoseAdministered,
    PatientDischarged,
)
from domain.ledger import Entry
from domain.protocol.model import Protocol
from domain.refusal import RefusalCode, Refused
from domain.values import Severity
from domain.views.next_task import to_do
from tests.support.cast import days
from tests.support.corrected_ledger import as_corrected, is_in_doubt
from tests.support.discharge_oracle import assert_discharge_was_safe
from tests.support.event_strategies import offered_and_accepted
from tests.support.gates_oracle import assert_deviation_was_told, broken_gates
from tests.support.ledger_entries import entry_of, standing
from tests.support.signs_oracle import unanswered_word_of_suicide, unwatched
from tests.support.ward import Ward
from tests.support.watch_oracle import is_over, may_be_away, monitored, sent_home_too_soon

UNREADABLE = {RefusalCode.INVALID, RefusalCode.EVENT_ID_REUSED, RefusalCode.TOO_LARGE, RefusalCode.UNKNOWN_COURSE}
"""What a fact may be refused for: it cannot be read, or not be attributed."""
WAITING = {DeadlineKind.CHECKPOINT, DeadlineKind.CHECKPOINT_EMERGENCY}


# In every state


def assert_each_accepted_event_is_written_once(ward: Ward) -> None:
    """And no refused one."""
    written = [entry.event_id for entry in ward.entries if entry.event_id is not None]
    assert written == [event.id for event, _ in ward.answers]
    assert len(written) == len(set(written))


def assert_what_is_offered_is_accepted(ward: Ward) -> None:
    """`next_acts` lists exactly what the protocol has nothing against; of a closed course no more."""
    offered, accepted = offered_and_accepted(ward)
    assert offered - accepted == set(), offered - accepted
    assert ward.course.is_closed or accepted - offered == set(), accepted - offered


def assert_a_dosed_patient_is_waited_for(ward: Ward, read: Sequence[Entry], *, is_in_doubt: bool) -> None:
    """From their dose until their discharge, as the ledger tells them, their next vitals are due, and soon."""
    rules = ward.course.protocol.medicine.checkpoints
    gaps = [later - earlier for earlier, later in pairwise(rules.offsets)]
    soon = ward.now + max(*gaps, rules.then_every) + rules.early + CLOCK_SKEW
    for number in monitored(read):
        known = ward.course.monitored
        # In doubt the course knows better which visit is under way, and whether it is long past.
        if is_in_doubt and (known is None or not known.is_watched):
            continue
        session = known if is_in_doubt else ward.session(number)
        assert session is not None
        if session.is_away:
            assert may_be_away(ward.entries)
            continue
        waited = [
            deadline.due_at
            for deadline in ward.course.deadlines()
            if deadline.kind in WAITING and deadline.session == session.number
        ]
        # The checkpoint of a return stands for one that is due right after it.
        assert min(waited) <= (soon + rules.grace if session.absences else soon)


def assert_who_was_sent_home_too_soon_is_watched_again(ward: Ward) -> None:
    """By the last dose, as it was told or moved since their discharge; until they are discharged anew."""
    for number in sent_home_too_soon(ward.entries, ward.course.protocol):
        assert ward.session(number).is_monitored


def assert_whatever_reads_as_dangerous_is_open_or_was_answered(ward: Ward) -> None:
    """Since it was told, or read so by a correction; an open call is no milder than the danger."""
    assert unwatched(ward.entries, standing(ward.entries), ward.course.protocol) == []


def assert_whoever_told_of_suicide_is_at_risk(ward: Ward, read: Sequence[Entry]) -> None:
    """Until a C-SSRS is taken after the last word of it, one is due, and calls are missed as soon as it is said."""
    rules = ward.course.protocol
    if unanswered_word_of_suicide(read, ward.now + days(1), rules) is not None:
        graces = {one.grace for one in ward.due(DeadlineKind.CHECK_IN)}
        assert graces <= {rules.check_ins.missed_at_risk}
        asked = [one.due_at for one in ward.due(DeadlineKind.RISK_SCREEN)]
        assert ward.course.is_closed or ward.course.is_death_reported or len(asked) == 1


def assert_somebody_has_something_to_do(ward: Ward) -> None:
    """For as long as the course is open; while a dosed patient is here, something for them, and by when."""
    course, now = ward.course, ward.now
    task = to_do(course, now)
    assert task is not None or course.is_closed or course.referral is None
    assert task is not None or course.monitored is None
    if task is not None and (monitored := course.monitored) is not None:
        assert task.words.startswith(f"Session {monitored.number} ")
        assert task.due_at is not None


def assert_one_escalation_is_open_a_kind_and_session(ward: Ward) -> None:
    open_ = [(one.kind, one.session) for one in ward.course.unresolved]
    assert len(open_) == len(set(open_))


def assert_what_was_passed_passes_once(ward: Ward) -> None:
    decision = ward.course.pass_deadlines(ward.now)
    again = decision.course.pass_deadlines(ward.now)
    assert (again.course, again.entries, again.calls) == (decision.course, (), ())


# Of every step


def assert_only_reminded(ward: Ward, before: object) -> None:
    """Time gives no dose, discharges nobody, closes nothing, and answers for no human."""
    course = ward.course
    assert isinstance(before, type(course))
    assert (course.phase, course.holds, course.outcome, _as_told(course)) == (
        before.phase,
        before.holds,
        before.outcome,
        _as_told(before),
    )
    for one in before.unresolved:
        now = next(other for other in course.escalations if other.id == one.id)
        assert now.severity.rank >= one.severity.rank
        assert now.state is not EscalationState.RESOLVED


def take_in(ward: Ward, event: ClinicEvent) -> bool:
    """Sends the event, and asserts what must hold of it; whether it was accepted.

    An act is accepted only if nothing blocks it, and a fact always; what is refused changes nothing.
    """
    before, entries = ward.course, list(ward.entries)
    try:
        ward.sends(event)
    except (Refused, AlreadyAnswered) as raised:
        turned_away: Refused | AlreadyAnswered | None = raised
    else:
        turned_away = None
    if turned_away is not None:
        assert ward.course is before
        assert ward.entries == entries
        if isinstance(turned_away, Refused) and not isinstance(event, Act):
            assert turned_away.refusal.code in UNREADABLE
        return False
    assert not isinstance(event, Act) or before.blockers_for(event) == ()
    if is_in_doubt(entries):
        return True
    match event:
        case DoseAdministered(corrects=None):
            _dose_was_safe_or_is_watched(ward, event, entries, before.protocol)
        case PatientDischarged():
            assert_discharge_was_safe(event, entries, before.protocol)
        case CourseVoided():
            _nobody_is_overlooked(ward, entries, before.protocol)
        case AdverseEventReported(corrects=None) | CheckInCompleted(corrects=None):
            _nobody_at_home_is_watched_for_it(ward, before, event)
        case _:
            pass
    return True


def _nobody_is_overlooked(ward: Ward, entries: list[Entry], rules: Protocol) -> None:
    """Of a dose of these days, and of a word of suicide, somebody hears that nobody calls any more."""
    read, now = as_corrected(entries), ward.now
    doses = [one.time for one in read if one.type == "kap.dose.administered"]
    is_dosed = any(now < at + rules.course.safety_window for at in doses)
    if is_dosed or unanswered_word_of_suicide(read, now + days(1), rules) is not None:
        review = standing(ward.entries).get("correction_review", Severity.ROUTINE)
        assert review.rank >= Severity.URGENT.rank


def _dose_was_safe_or_is_watched(ward: Ward, event: DoseAdministered, entries: list[Entry], rules: Protocol) -> None:
    """Outside its gates: a deviation, an escalation, and a running checkpoint clock (another invariant asks for it)."""
    placed = ward.answers[-1][1].session
    assert placed is not None
    if not broken_gates(entry_of(event, ward.entries), entries, rules, placed.number):
        return
    assert_deviation_was_told(event, ward.entries, rules, placed.number)
    is_watched = placed.number in monitored(as_corrected(ward.entries))
    assert is_watched or is_over(event, ward.entries, placed.number)


def _nobody_at_home_is_watched_for_it(ward: Ward, before: Course, event: ClinicEvent) -> None:
    """What is told about somebody who had gone home asks nobody for a reading."""
    home = {one.number for one in before.sessions if one.discharge is not None and one.discharge.at < event.time}
    assert not home & {one.number for one in ward.course.sessions if one.is_monitored}


def _as_told(course: Course) -> list[MedicineSession]:
    """What people have told of its sessions, without what the course has worked out and kept."""
    return [session.but(settled=(), settled_until=None) for session in course.sessions]
