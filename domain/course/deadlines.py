"""A course's deadlines: moments by which a human must act. Passing one reminds or escalates."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from domain.course.rules import checkpoints, followup, observation, risk_screens, vitals
from domain.course.state import CourseState, MedicineSession, Phase
from domain.durations import days, iso_8601
from domain.escalation.messages import Kind
from domain.protocol.instruments import CSSRS
from domain.values import Frozen, Moment, Severity

LEARNED_LATE_GRACE = timedelta(minutes=10)
"""Grace for a deadline that has none of its own and was already over when it was learned."""


class DeadlineKind(StrEnum):
    """The kinds of deadline a course can have."""

    PHASE = "phase"
    NEXT_DOSE = "next_dose"
    CHECKPOINT = "checkpoint"
    CHECKPOINT_EMERGENCY = "checkpoint_emergency"
    RECHECK = "recheck"
    RISK_SCREEN = "risk_screen"
    DISCHARGE = "discharge"
    INFUSION = "infusion"
    CHECK_IN_REMINDER = "check_in_reminder"
    CHECK_IN = "check_in"
    INTEGRATION = "integration"
    FOLLOW_UP = "follow_up"
    FORM_REMINDER = "form_reminder"
    FORM = "form"


class Consequence(Frozen):
    """The escalation that a passed deadline raises."""

    kind: Kind
    severity: Severity


class Deadline(Frozen):
    """A moment by which something is due; `subject` tells several of a kind apart, such as by a form's code.

    `grace` is how long it may be overdue before it passes. `learned_at` is when Kapstan first knew of it.
    """

    kind: DeadlineKind
    due_at: Moment
    learned_at: Moment
    grace: timedelta = timedelta()
    session: int | None = None
    subject: str | None = None
    consequence: Consequence | None = None

    @property
    def key(self) -> str:
        """The key under which a passed deadline is remembered: one per kind, session, subject and moment."""
        named = _key(self.kind, self.session, self.due_at)
        return f"{named}/{self.subject}" if self.subject else named

    @property
    def passes_at(self) -> Moment:
        """When it passes: after its grace, counted from when it was learned if that was later.

        So a past course can be imported event by event without a storm of pages.
        """
        if self.learned_at <= self.due_at:
            return self.due_at + self.grace
        return max(self.due_at + self.grace, self.learned_at + (self.grace or LEARNED_LATE_GRACE))


def _key(kind: DeadlineKind, session: int | None, due_at: datetime) -> str:
    return f"{kind}/{session or 0}/{due_at.timestamp():.0f}"


def deadlines(course: CourseState) -> tuple[Deadline, ...]:
    """Every deadline that has not passed yet, the soonest to pass first."""
    if course.referral is None:
        return ()
    pending = (deadline for deadline in _all(course) if deadline.key not in course.passed)
    return tuple(sorted(pending, key=lambda deadline: (deadline.passes_at, deadline.key)))


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
    if course.referral is None:
        return ()
    awaited = (deadline for deadline in _all(course) if deadline.kind not in _REMINDERS)
    return tuple(sorted(awaited, key=lambda deadline: (deadline.due_at, deadline.key)))


def _all(course: CourseState) -> Iterator[Deadline]:
    """All of them. Of a closed course only those of a dosed patient, who is watched until discharge all the same."""
    if course.is_closed:
        for session in course.sessions:
            if session.is_monitored:
                yield from _checkpoints(course, session)
                yield from _discharge(course, session)
                yield from _rechecks(course, session)
        return
    if course.hold is None:
        yield from _phase(course)
        yield from _next_dose(course)
    for session in course.sessions:
        if session.is_monitored:
            yield from _discharge(course, session)
            yield from _infusion(course, session)
        if not session.is_away:
            yield from _measured(course, session)
        if session.ended is not None and not course.is_death_reported:
            yield from _check_ins(course, session)
            yield from _integration(course, session)
            yield from _forms(course, session)
    if course.is_death_reported:
        return
    yield from _risk_screens(course)
    if course.phase is Phase.FOLLOW_UP:
        yield from _follow_ups(course)


def _measured(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    """What asks for a reading; nobody is asked to measure a patient who is not there."""
    if session.is_monitored:
        yield from _checkpoints(course, session)
    yield from _rechecks(course, session)


def _phase(course: CourseState) -> Iterator[Deadline]:
    within = {
        Phase.SCREENING: course.protocol.screening.within,
        Phase.PREPARATION: course.protocol.preparation.within,
    }.get(course.phase)
    if within is not None and course.phase_entered_at and course.phase_learned_at:
        yield Deadline(
            kind=DeadlineKind.PHASE,
            due_at=course.phase_entered_at + within,
            learned_at=course.phase_learned_at,
            subject=course.phase,
            consequence=Consequence(kind=Kind.PHASE_OVERDUE, severity=Severity.ROUTINE),
        )


def _next_dose(course: CourseState) -> Iterator[Deadline]:
    dosed = course.dosed_sessions
    if course.phase not in {Phase.MEDICINE, Phase.INTEGRATION} or len(dosed) >= course.planned_sessions:
        return
    assert course.phase_entered_at is not None
    assert course.phase_learned_at is not None
    # The first dose is counted from when the patient was prepared, so that nobody who waits for it is forgotten.
    last = dosed[-1].doses[-1] if dosed else None
    yield Deadline(
        kind=DeadlineKind.NEXT_DOSE,
        due_at=(last.at if last else course.phase_entered_at) + course.protocol.course.interval_max,
        # After a hold it counts as newly learned, so that nobody is paged at the moment of resumption.
        learned_at=max(last.recorded_at if last else course.phase_learned_at, course.phase_learned_at),
        session=dosed[-1].number + 1 if dosed else 1,
        consequence=Consequence(kind=Kind.PHASE_OVERDUE, severity=Severity.ROUTINE),
    )


def _risk_screens(course: CourseState) -> Iterator[Deadline]:
    for owed in risk_screens.screens_owed(course):
        yield Deadline(
            kind=DeadlineKind.RISK_SCREEN,
            due_at=owed.due_at,
            learned_at=owed.asked_by.recorded_at,
            subject=owed.instrument,
            consequence=Consequence(kind=Kind.ITEM9_POSITIVE, severity=owed.rule.severity),
        )


def _checkpoints(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    rules = course.protocol.medicine.checkpoints
    newest = session.readings[-1].at if session.readings else None
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
        is_made_up_for = newest is not None and newest >= due_at - rules.early
        overdue = Consequence(kind=Kind.VITALS_OVERDUE, severity=Severity.URGENT)
        yield Deadline(
            kind=DeadlineKind.CHECKPOINT,
            due_at=due_at,
            learned_at=learned_at,
            grace=rules.grace,
            session=session.number,
            consequence=None if is_made_up_for else overdue,
        )
        if not is_made_up_for:
            yield Deadline(
                kind=DeadlineKind.CHECKPOINT_EMERGENCY,
                due_at=due_at,
                learned_at=learned_at,
                grace=rules.emergency_after,
                session=session.number,
                consequence=overdue.but(severity=Severity.EMERGENCY),
            )


def _rechecks(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    back = [one.back_recorded_at for one in session.absences if one.back_recorded_at is not None]
    for reading, due_at in checkpoints.rechecks(course.protocol, session):
        severity = vitals.unconfirmed_severity(course.protocol, session, reading)
        kind = Kind.VITALS_EMERGENCY if severity is Severity.EMERGENCY else Kind.VITALS_URGENT
        yield Deadline(
            kind=DeadlineKind.RECHECK,
            due_at=due_at,
            learned_at=max([reading.recorded_at, *back]),
            session=session.number,
            consequence=Consequence(kind=kind, severity=severity) if severity else None,
        )


def _discharge(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    since = observation.begun(course.protocol, session)
    yield Deadline(
        kind=DeadlineKind.DISCHARGE,
        due_at=since.at + course.protocol.medicine.discharge_overdue,
        learned_at=since.recorded_at,
        session=session.number,
        consequence=Consequence(kind=Kind.DISCHARGE_OVERDUE, severity=Severity.URGENT),
    )


def _infusion(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    rules, running = course.protocol.medicine.infusion, session.running_infusion
    if running is not None:
        changed = max(fact.recorded_at for fact in running.facts)
        yield Deadline(
            kind=DeadlineKind.INFUSION,
            due_at=running.ends_at(rules.usual),
            learned_at=changed,
            grace=rules.grace,
            session=session.number,
            consequence=Consequence(kind=Kind.DOSE_UNREPORTED, severity=Severity.URGENT),
        )


def _check_ins(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    rules = course.protocol.check_ins
    assert session.ended is not None
    newest = course.measure(CSSRS)
    is_at_risk = newest is not None and newest.scored.risk is not None and newest.scored.risk.is_raised
    done = {call.data.days_after for call in session.check_ins}
    for after in rules.after:
        if days(after) in done:
            continue
        missed = Deadline(
            kind=DeadlineKind.CHECK_IN,
            due_at=session.ended.at + after,
            learned_at=session.ended.recorded_at,
            grace=rules.missed_at_risk if is_at_risk else rules.missed,
            session=session.number,
            subject=iso_8601(after),
            consequence=Consequence(kind=Kind.CHECK_IN_MISSED, severity=Severity.URGENT),
        )
        yield missed
        # No reminder of a missed check-in call for which somebody was already paged.
        if missed.key not in course.passed:
            yield missed.but(
                kind=DeadlineKind.CHECK_IN_REMINDER,
                grace=rules.reminder,
                consequence=Consequence(kind=Kind.CHECK_IN_MISSED, severity=Severity.ROUTINE),
            )


def _integration(course: CourseState, session: MedicineSession) -> Iterator[Deadline]:
    assert session.ended is not None
    if len(session.integrations) < course.protocol.integration.sessions:
        yield Deadline(
            kind=DeadlineKind.INTEGRATION,
            due_at=session.ended.at + course.protocol.integration.within,
            learned_at=session.ended.recorded_at,
            session=session.number,
            consequence=Consequence(kind=Kind.INTEGRATION_OVERDUE, severity=Severity.ROUTINE),
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
    held = {visit.data.days_after for visit in course.follow_ups}
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
            )
