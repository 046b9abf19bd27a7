"""A course's deadlines: moments by which a human must act. Passing one reminds or escalates."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.course import asked_again, screens_due, standstill, unreported
from domain.course.deadline import LEARNED_LATE_GRACE, Consequence, Deadline, DeadlineKind
from domain.course.rules import checkpoints, followup, observation, risk_screens
from domain.course.rules.signs import measured_since
from domain.course.session import MedicineSession, ReadingSeries, is_long_past
from domain.course.state import CourseState, Outcome, Phase
from domain.course.waking import until_awake
from domain.durations import days, iso_8601
from domain.escalation.messages import Kind
from domain.values import Severity

__all__ = [
    "FOLLOWED",
    "LEARNED_LATE_GRACE",
    "Consequence",
    "Deadline",
    "DeadlineKind",
    "deadlines",
    "is_needless",
    "over_at",
    "owed",
]


def deadlines(course: CourseState) -> tuple[Deadline, ...]:
    """Every deadline that has not passed yet or is asked again, the soonest to pass first.

    An open course always has one. A closed one has those of whoever is still watched, and until the safety window ends
    those of calls and risk screens.
    """
    pending = (_pending(course, deadline) for deadline in _all(course))
    return tuple(sorted((one for one in pending if one), key=lambda deadline: (deadline.passes_at, deadline.key)))


def _pending(course: CourseState, deadline: Deadline) -> Deadline | None:
    passed_at = course.passed.get(deadline.key)
    if passed_at is None:
        return deadline
    return deadline.but(passed_at=passed_at) if deadline.every is not None else None


_REMINDERS = frozenset({DeadlineKind.CHECKPOINT_EMERGENCY, DeadlineKind.CHECK_IN_REMINDER, DeadlineKind.FORM_REMINDER})


FOLLOWED = frozenset({DeadlineKind.CHECKPOINT, DeadlineKind.CHECKPOINT_EMERGENCY})
"""The kinds where passing one deadline creates the next of the same kind."""


def is_needless(course: CourseState, deadline: Deadline) -> bool:
    """Whether the deadline no longer matters because a later one has passed: a reminder of something already missed."""
    if deadline.kind is not DeadlineKind.CHECK_IN_REMINDER:
        return False
    return deadline.but(kind=DeadlineKind.CHECK_IN).key in course.passed


def owed(course: CourseState) -> tuple[Deadline, ...]:
    """Everything due that has not been done, passed or not, the longest overdue first.

    A passed deadline stays owed: its escalation was raised, but the talk must still be held. Reminders are left out.
    """
    awaited = (deadline for deadline in _all(course) if deadline.kind not in _REMINDERS)
    return tuple(sorted(awaited, key=lambda deadline: (deadline.due_at, deadline.key)))


def over_at(course: CourseState, upcoming: tuple[Deadline, ...]) -> datetime | None:
    """When nothing is owed to the patient of a closed course any more: its safety window is over.

    The window is for whoever was dosed and may still be called. None of an open course, and while anything is
    `upcoming`, the patient is watched or an escalation of it is unresolved: then it is not known yet.
    """
    if course.closed_at is None or upcoming or course.unresolved or course.is_patient_here:
        return None
    window_ends_at = None if course.outcome in _NEVER_CALLED else course.safety_ends_at
    return window_ends_at or course.closed_at


_NEVER_CALLED = frozenset({Outcome.ENTERED_IN_ERROR, Outcome.DECEASED})
"""The outcomes after which nobody is called or screened any more."""


def _all(course: CourseState) -> Iterator[Deadline]:
    if course.referral is None:
        return
    if course.outcome is Outcome.DECEASED:
        # A dose after a death was given to somebody: the death may be of another patient.
        yield from _of_whoever_is_watched(course)
        return
    if course.is_closed:
        yield from _after_closing(course)
        return
    awaited = tuple(_of_an_open_course(course))
    yield from awaited
    if not any(deadline.every is not None or deadline.kind in FOLLOWED for deadline in awaited):
        yield from standstill.anything_else(course)


def _of_an_open_course(course: CourseState) -> Iterator[Deadline]:
    if course.holds:
        yield from standstill.hold_reviews(course)
    else:
        yield from standstill.phase(course)
        yield from standstill.next_dose(course)
    yield from _of_whoever_is_watched(course)
    if course.is_death_reported:
        # It may be a slip: whoever was cleared may have been dosed.
        for session in course.sessions:
            yield from unreported.dose_reports(course, session)
        return
    for session in course.sessions:
        yield from unreported.reports(course, session)
        yield from _check_ins(course, session)
        if session.ended is not None:
            yield from _integration(course, session)
            yield from _forms(course, session)
    yield from screens_due.screens(course)
    yield from _event_reviews(course)
    if course.phase is Phase.FOLLOW_UP:
        yield from _follow_ups(course)


def _after_closing(course: CourseState) -> Iterator[Deadline]:
    yield from _of_whoever_is_watched(course)
    if course.outcome in _NEVER_CALLED:
        return
    yield from _event_reviews(course)
    for session in course.sessions:
        yield from unreported.dose_reports(course, session)
    ends_at = course.safety_ends_at
    if ends_at is None:
        return
    calls = (one for session in course.sessions for one in _check_ins(course, session))
    for deadline in (*calls, *screens_due.screens(course)):
        asked_at, again = course.passed.get(deadline.key), deadline.every or timedelta()
        asks_at = deadline.due_at if asked_at is None else asked_at + again
        if max(asks_at, deadline.learned_at, course.phase_learned_at or ends_at) <= ends_at:
            yield deadline


def _of_whoever_is_watched(course: CourseState) -> Iterator[Deadline]:
    for session in course.sessions:
        if session.is_monitored:
            yield from _discharge(course, session)
            yield from _infusion(course, session)
        # Nobody is asked to measure a patient who is not there.
        if not session.is_away:
            yield from _measured(course, session)
    yield from _rechecks(course, course.outside, None)


def _measured(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    if session.is_monitored:
        yield from _checkpoints(course, session)
    yield from _rechecks(course, session, session.number)


def _checkpoints(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    rules = course.protocol.medicine.checkpoints
    measured = measured_since(session, rules.required)
    left_at = session.absences[-1].left_at if session.absences else None
    for checkpoint in checkpoints.asking(rules, session, course.passed):
        due_at, learned_at = checkpoint.due_at, checkpoint.learned_at
        # An unreported discharge leaves hundreds of checkpoints: one that has become an emergency is left out.
        if checkpoint.is_answered or checkpoints.emergency_key(session.number, due_at) in course.passed:
            continue
        # Whoever left and is back is measured from then on; what was missed before is on record.
        if left_at is not None and due_at < left_at:
            continue
        # A gap in the past is recorded only: the patient has been measured since, so nobody is paged.
        is_made_up_for = measured is not None and measured >= due_at - rules.early
        if not (is_made_up_for or session.is_watched):
            return
        overdue = Consequence(kind=Kind.VITALS_OVERDUE, severity=Severity.URGENT)
        emergency = overdue.but(severity=Severity.EMERGENCY)
        missed = Deadline(
            kind=DeadlineKind.CHECKPOINT,
            due_at=due_at,
            learned_at=learned_at,
            grace=rules.missed_after,
            session=session.number,
            consequence=None if is_made_up_for else overdue,
        )
        is_known = asked_again.is_waited_for(course, session, Severity.URGENT, due_at, missed.passes_at)
        yield missed.but(consequence=None) if is_known else missed
        if session.is_at_home:
            # Nobody can measure them there every quarter of an hour: one reading is asked for, and then the next.
            return
        if not is_made_up_for:
            yield Deadline(
                kind=DeadlineKind.CHECKPOINT_EMERGENCY,
                due_at=due_at,
                learned_at=learned_at,
                grace=rules.emergency_after,
                session=session.number,
                consequence=None if asked_again.is_asked_already(course, session, due_at) else emergency,
            )


def _rechecks(course: CourseState, series: ReadingSeries, number: int | None) -> Iterator[Deadline]:
    absences = series.absences if isinstance(series, MedicineSession) else ()
    back = [one.back_recorded_at for one in absences if one.back_recorded_at is not None]
    for reading, due_at, unconfirmed in checkpoints.rechecks(course.protocol, series):
        severity = None if is_long_past(reading.at, reading.recorded_at) else unconfirmed
        kind = Kind.VITALS_EMERGENCY if severity is Severity.EMERGENCY else Kind.VITALS_URGENT
        yield Deadline(
            kind=DeadlineKind.RECHECK,
            due_at=due_at,
            learned_at=max([reading.recorded_at, *back]),
            session=number,
            consequence=Consequence(kind=kind, severity=severity) if severity else None,
        )


def _discharge(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    """A discharge that is missing in a past told long after is a gap in the record: asked for, and nobody is woken."""
    since, rules = observation.begun(course.protocol, session), course.protocol
    due_from, learned_at = since.at, since.recorded_at
    for away in session.sent_away[-1:]:
        # Who is watched again has as long until their next discharge as anybody.
        due_from, learned_at = (
            max(due_from, away.back_at or due_from),
            max(learned_at, away.back_recorded_at or due_from),
        )
    is_here = session.is_watched and not session.is_away
    yield Deadline(
        kind=DeadlineKind.DISCHARGE,
        due_at=due_from + rules.medicine.discharge_overdue,
        learned_at=learned_at,
        session=session.number,
        consequence=Consequence(
            kind=Kind.DISCHARGE_OVERDUE, severity=Severity.URGENT if session.is_watched else Severity.ROUTINE
        ),
        # One who has left is looked for already.
        every=rules.medicine.unreported_again if is_here else rules.course.ask_again,
    )


def _infusion(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    """The stop of a running infusion: so that what was given, and since when the patient is observed, is known."""
    rules, running = course.protocol.medicine, session.running_infusion
    if running is not None:
        # That it was never stopped may be known only since they are watched again.
        back = (one.back_recorded_at for one in session.sent_away[-1:] if one.back_recorded_at is not None)
        severity = Severity.URGENT if session.is_watched else Severity.ROUTINE
        yield Deadline(
            kind=DeadlineKind.INFUSION,
            due_at=running.ends_at(rules.infusion.usual, rules.infusion.most),
            learned_at=max((*(fact.recorded_at for fact in running.facts), *back)),
            grace=rules.infusion.grace,
            session=session.number,
            consequence=Consequence(kind=Kind.DOSE_UNREPORTED, severity=severity),
            every=rules.unreported_again if session.is_watched else course.protocol.course.ask_again,
        )


def _check_ins(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    """The calls to whoever has gone home, sent or not: of one who left they are counted from when they did."""
    rules, gone = course.protocol.check_ins, session.gone
    if gone is None:
        return
    is_at_risk = risk_screens.is_at_risk(course)
    # Told when nobody was owed a call any more, what is missing is a gap in the record.
    is_past = gone.recorded_at - session.doses[-1].at > course.protocol.course.safety_window
    done = {call.data.days_after for call in session.check_ins}
    for after in rules.after:
        if days(after) in done:
            continue
        severity = Severity.ROUTINE if is_past else rules.severity_of_missed(after, is_at_risk=is_at_risk)
        missed = Deadline(
            kind=DeadlineKind.CHECK_IN,
            due_at=gone.at + after,
            learned_at=gone.recorded_at,
            grace=rules.missed_at_risk if is_at_risk else rules.missed,
            session=session.number,
            subject=iso_8601(after),
            consequence=Consequence(kind=Kind.CHECK_IN_MISSED, severity=severity),
        )
        if not is_at_risk:
            missed = missed.but(grace=missed.grace + until_awake(course, missed.passes_at))
        yield missed
        # No reminder of a missed check-in call for which somebody was already paged.
        if missed.key not in course.passed:
            yield missed.but(
                kind=DeadlineKind.CHECK_IN_REMINDER,
                grace=rules.reminder,
                consequence=Consequence(kind=Kind.CHECK_IN_MISSED, severity=Severity.ROUTINE),
            )


def _event_reviews(course: CourseState) -> Iterator[Deadline]:
    """The adverse events that are routine until then, and wait for a clinician."""
    for one in course.escalations:
        if one.waits_for_review and one.review_by is not None:
            yield Deadline(
                kind=DeadlineKind.EVENT_REVIEW,
                due_at=one.review_by,
                learned_at=one.opened_at,
                session=one.session,
                consequence=Consequence(kind=Kind.ADVERSE_EVENT, severity=Severity.URGENT),
            )


def _integration(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    """The talk about the session; asked for again where the course waits for it alone, after the last dose."""
    assert session.ended is not None
    dosed = course.dosed_sessions
    is_last = session is dosed[-1] and len(dosed) >= course.planned_sessions
    is_waited_for = is_last and course.phase is Phase.INTEGRATION and not course.holds
    learned_at = session.ended.recorded_at
    if is_waited_for and course.phase_learned_at is not None:
        # After a hold it counts as newly learned, so that nobody is paged at the moment of resumption.
        learned_at = max(learned_at, course.phase_learned_at)
    if len(session.integrations) < course.protocol.integration.sessions:
        yield Deadline(
            kind=DeadlineKind.INTEGRATION,
            due_at=session.ended.at + course.protocol.integration.within,
            learned_at=learned_at,
            session=session.number,
            consequence=Consequence(kind=Kind.INTEGRATION_OVERDUE, severity=Severity.ROUTINE),
            every=course.protocol.course.ask_again if is_waited_for else None,
        )


def _forms(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    assert session.ended is not None
    filed = {paper.data.form for paper in session.forms}
    for form in course.protocol.forms:
        if form.form in filed:
            continue
        for remind in form.remind:
            yield Deadline(
                kind=DeadlineKind.FORM_REMINDER,
                due_at=session.ended.at + remind,
                learned_at=session.ended.recorded_at,
                session=session.number,
                subject=form.form,
            )
        yield Deadline(
            kind=DeadlineKind.FORM,
            due_at=session.ended.at + form.within,
            learned_at=session.ended.recorded_at,
            session=session.number,
            subject=form.form,
            consequence=Consequence(kind=Kind.FORM_OVERDUE, severity=Severity.ROUTINE),
        )


def _follow_ups(course: CourseState) -> Iterator[Deadline]:
    """The visits to come. The last one, with which the course ends, is asked for again."""
    held = followup.visits_held(course)
    if (last := followup.counted_from(course)) is None:
        return
    for after in course.protocol.follow_up.after:
        if days(after) not in held:
            yield Deadline(
                kind=DeadlineKind.FOLLOW_UP,
                due_at=last.at + after,
                learned_at=last.recorded_at,
                grace=course.protocol.follow_up.grace,
                subject=iso_8601(after),
                consequence=Consequence(kind=Kind.PHASE_OVERDUE, severity=Severity.ROUTINE),
                every=course.protocol.course.ask_again if after == course.protocol.follow_up.after[-1] else None,
            )
