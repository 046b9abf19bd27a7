"""What may come now: each clinic event's place in a course, and everything that stands in its way."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from domain.course.rules import (
    booking,
    clearance,
    discharge,
    dosing,
    eligibility,
    followup,
    planning,
    preparation,
)
from domain.course.state import CourseState, MedicineSession, Phase, Stage
from domain.durations import days
from domain.events.clinic_events import (
    MODELS,
    AdverseEventReported,
    CheckInCompleted,
    ClinicEvent,
    ConsentSigned,
    ConsentWithdrawn,
    CourseDiscontinued,
    CourseHeld,
    CourseReferred,
    CourseResumed,
    CourseTransferred,
    CourseVoided,
    DischargeAssessed,
    DoseAdministered,
    EligibilityDecided,
    EligibilityDecision,
    Event,
    FollowUpHeld,
    FormFiled,
    IntegrationHeld,
    MeasureRecorded,
    Override,
    PatientCheckedIn,
    PatientDischarged,
    PatientWithdrew,
    PlanPrescribed,
    PreparationHeld,
    ProtocolMigrated,
    ScreeningRecorded,
    SessionAborted,
    SessionBooked,
    SessionCanceled,
    SessionCleared,
    SessionMissed,
    SessionRebooked,
    VitalsRecorded,
    lifted_by,
)
from domain.values import Actor, Blocker, Frozen, Role

_ANY = frozenset(Phase) - {Phase.CLOSED}
_BEFORE_FOLLOW_UP = _ANY - {Phase.FOLLOW_UP}
_TREATMENT = frozenset({Phase.PREPARATION, Phase.MEDICINE, Phase.INTEGRATION})
_MONITORED = frozenset({Stage.DOSED, Stage.RECOVERING})
_PRESENT = frozenset({Stage.CHECKED_IN, Stage.CLEARED, *_MONITORED})

PRESCRIBER = frozenset({Role.PRESCRIBER})
STAFF = frozenset(Role) - {Role.PATIENT}
ANYONE = frozenset(Role)


class Place(Frozen):
    """Where in a course an event belongs, and who may report it. No stages: it belongs to no session."""

    phases: frozenset[Phase]
    stages: frozenset[Stage] | None = None
    roles: frozenset[Role] = STAFF


PLACES: Mapping[type[Event], Place] = {
    ScreeningRecorded: Place(phases=_BEFORE_FOLLOW_UP),
    ConsentSigned: Place(phases=_ANY, roles=ANYONE),
    ConsentWithdrawn: Place(phases=_ANY, roles=ANYONE),
    MeasureRecorded: Place(phases=_ANY, roles=ANYONE),
    EligibilityDecided: Place(phases=frozenset({Phase.SCREENING}), roles=PRESCRIBER),
    PlanPrescribed: Place(phases=_TREATMENT, roles=PRESCRIBER),
    PreparationHeld: Place(phases=frozenset({Phase.PREPARATION})),
    SessionBooked: Place(phases=_TREATMENT),
    SessionRebooked: Place(
        phases=_TREATMENT, stages=frozenset({Stage.BOOKED, Stage.CANCELED, Stage.MISSED, Stage.ABORTED})
    ),
    SessionCanceled: Place(phases=_TREATMENT, stages=frozenset({Stage.BOOKED})),
    SessionMissed: Place(phases=_TREATMENT, stages=frozenset({Stage.BOOKED})),
    PatientCheckedIn: Place(phases=frozenset({Phase.MEDICINE}), stages=frozenset({Stage.BOOKED})),
    # Late readings of a discharged patient count; one who was sent away undosed may still be here, and unwell.
    VitalsRecorded: Place(phases=_ANY, stages=_PRESENT | {Stage.DISCHARGED, Stage.ABORTED}),
    SessionCleared: Place(
        phases=frozenset({Phase.MEDICINE}), stages=frozenset({Stage.CHECKED_IN, Stage.CLEARED}), roles=PRESCRIBER
    ),
    DoseAdministered: Place(
        phases=frozenset({Phase.MEDICINE}), stages=frozenset({Stage.CHECKED_IN, Stage.CLEARED, *_MONITORED})
    ),
    AdverseEventReported: Place(phases=_ANY, roles=ANYONE),
    SessionAborted: Place(
        phases=frozenset({Phase.MEDICINE}), stages=frozenset({Stage.CHECKED_IN, Stage.CLEARED, Stage.DOSED})
    ),
    DischargeAssessed: Place(phases=frozenset({Phase.MEDICINE}), stages=_MONITORED),
    PatientDischarged: Place(
        phases=frozenset({Phase.MEDICINE}), stages=_MONITORED, roles=frozenset({Role.PRESCRIBER, Role.MONITOR})
    ),
    CheckInCompleted: Place(phases=_ANY, stages=frozenset({Stage.DISCHARGED}), roles=ANYONE),
    IntegrationHeld: Place(phases=_ANY, stages=frozenset({Stage.DISCHARGED})),
    FormFiled: Place(phases=_ANY, stages=frozenset({Stage.DISCHARGED})),
    FollowUpHeld: Place(phases=frozenset({Phase.FOLLOW_UP})),
    CourseHeld: Place(phases=_ANY),
    CourseResumed: Place(phases=_ANY),
    PatientWithdrew: Place(phases=_ANY, roles=ANYONE),
    CourseDiscontinued: Place(phases=_ANY),
    CourseTransferred: Place(phases=_ANY),
    CourseVoided: Place(phases=_ANY),
    ProtocolMigrated: Place(phases=_ANY, roles=PRESCRIBER),
}
"""Every clinic event but the referral, which only a course that does not exist yet takes."""


def next_acts(course: CourseState, now: datetime) -> tuple[str, ...]:
    """The types of the clinic events that may come now, in the order of a course."""
    if course.referral is None:
        return (_type_of(CourseReferred),)
    return tuple(
        name
        for name, model in MODELS.items()
        if model in PLACES
        and course.phase in PLACES[model].phases
        and any(not any(_standing(course, model, session, now)) for session in _sessions_for(course, model))
    )


def blockers_for(course: CourseState, event: ClinicEvent) -> tuple[Blocker, ...]:
    """All that speaks against this event as it is, absolute reasons first; empty where it is to be accepted.

    What an override may lift and does lift is left out.
    """
    place = PLACES[type(event)]
    session, unknown = _session_of(course, event)
    found = [*_role_blockers(event, place), *unknown]
    if course.phase not in place.phases:
        found.append(_wrong_phase(course, place))
    if not unknown:
        if session is not None and place.stages is not None and session.stage not in place.stages:
            found.append(_wrong_stage(session, place.stages))
        else:
            found.extend(_particular(course, session, event))
    remaining = _not_overridden(found, _overrides_of(event))
    return tuple(sorted(remaining, key=lambda blocker: not blocker.absolute))


def goal_blockers(course: CourseState, now: datetime) -> tuple[Blocker, ...]:
    """What stands between the course and its next step: eligibility, the first session, clearance, the way home."""
    session = course.session
    match course.phase:
        case Phase.SCREENING:
            return eligibility.blockers(course, now)
        case Phase.PREPARATION:
            return tuple(preparation.blockers(course))
        case Phase.MEDICINE if session is not None and session.is_monitored:
            return discharge.blockers(course, session, now)
        case Phase.MEDICINE if session is not None and session.stage in {Stage.CHECKED_IN, Stage.CLEARED}:
            return clearance.blockers(course, session, now)
        case Phase.MEDICINE:
            return tuple(clearance.standing_blockers(course, now))
        case _:
            return ()


def _sessions_for(course: CourseState, model: type[Event]) -> Iterable[MedicineSession | None]:
    stages = PLACES[model].stages
    return (None,) if stages is None else (session for session in course.sessions if session.stage in stages)


def _standing(
    course: CourseState, model: type[Event], session: MedicineSession | None, now: datetime
) -> Iterator[Blocker]:
    """The absolute reasons that no content of the event could lift."""
    for blocker in STANDING.get(model, _nothing)(course, session, now):
        if blocker.absolute:
            yield blocker


def _particular(course: CourseState, session: MedicineSession | None, event: ClinicEvent) -> Iterator[Blocker]:
    """What speaks against this event beyond its place, judged at the time it happened."""
    match event:
        case EligibilityDecided():
            if event.data.decision is EligibilityDecision.ELIGIBLE:
                yield from eligibility.blockers(course, event.time)
        case PlanPrescribed():
            yield from planning.blockers(course, event)
        case SessionBooked():
            yield from booking.blockers(course, event.data.session, event.data.starts_at, event.data.staff)
        case SessionRebooked():
            yield from booking.spacing_blockers(course, event.data.starts_at)
            yield from _may_be_rebooked(session)
        case DoseAdministered() if session is not None:
            yield from dosing.blockers(course, session, event)
        case PatientDischarged() if session is not None:
            yield from discharge.blockers(
                course, session, event.time, escort=event.data.escort, instructions=event.data.instructions_given
            )
        case CheckInCompleted() if session is not None:
            yield from followup.check_in_blockers(course, session, event)
        case IntegrationHeld() if session is not None:
            yield from followup.integration_blockers(session, event)
        case FormFiled() if session is not None:
            yield from followup.form_blockers(course, session, event)
        case FollowUpHeld():
            yield from followup.follow_up_blockers(course, event)
        case CourseResumed():
            yield from _resume_blockers(course, event.data.actor)
        case _:
            yield from STANDING.get(type(event), _nothing)(course, session, event.time)


def _clearance(course: CourseState, session: MedicineSession | None, at: datetime) -> Iterator[Blocker]:
    if session is not None:
        yield from clearance.blockers(course, session, at)


def _dose(course: CourseState, session: MedicineSession | None, at: datetime) -> Iterator[Blocker]:
    if session is not None:
        yield from clearance.standing_blockers(course, at)
        yield from dosing.standing_blockers(course, session, at)
        yield from dosing.exhausted_blockers(course, session)


def _reading(_course: CourseState, session: MedicineSession | None, at: datetime) -> Iterator[Blocker]:
    if session is not None and session.discharge is not None and at > session.discharge.at:
        yield Blocker(
            code="session.discharged",
            message=f"The patient was discharged from session {session.number} before this reading",
            absolute=True,
        )


def _discharge(course: CourseState, session: MedicineSession | None, at: datetime) -> Iterator[Blocker]:
    if session is not None:
        yield from discharge.blockers(course, session, at, escort=True, instructions=True)


def _booking(course: CourseState, _session: MedicineSession | None, _at: datetime) -> Iterator[Blocker]:
    if booking.next_number(course) is None:
        yield Blocker(code="booking.none_due", message="No session is to be booked now", absolute=True)


def _rebooking(_course: CourseState, session: MedicineSession | None, _at: datetime) -> Iterator[Blocker]:
    yield from _may_be_rebooked(session)


def _withdrawal(course: CourseState, _session: MedicineSession | None, _at: datetime) -> Iterator[Blocker]:
    if course.consent is None or not isinstance(course.consent.data, ConsentSigned.Data):
        yield Blocker(code="consent.missing", message="There is no consent to withdraw", absolute=True)


def _holding(course: CourseState, _session: MedicineSession | None, _at: datetime) -> Iterator[Blocker]:
    if course.hold is not None:
        yield Blocker(code="course.held", message=f"The course is held: {course.hold.reason}", absolute=True)


def _resuming(course: CourseState, _session: MedicineSession | None, _at: datetime) -> Iterator[Blocker]:
    if course.hold is None:
        yield Blocker(code="course.not_held", message="The course is not held", absolute=True)


def _ending(course: CourseState, _session: MedicineSession | None, _at: datetime) -> Iterator[Blocker]:
    if (monitored := course.monitored) is not None:
        yield Blocker(
            code="session.in_progress",
            message=f"The patient has been dosed in session {monitored.number} and not been discharged",
            absolute=True,
            observed=monitored.stage,
        )


def _calls_left(course: CourseState, session: MedicineSession | None, _at: datetime) -> Iterator[Blocker]:
    done = {call.data.days_after for call in session.check_ins} if session is not None else set()
    if done >= {days(after) for after in course.protocol.check_ins.after}:
        yield Blocker(code="check_in.already_done", message="Every call has been made", absolute=True)


def _forms_left(course: CourseState, session: MedicineSession | None, _at: datetime) -> Iterator[Blocker]:
    filed = {paper.data.form for paper in session.forms} if session is not None else set()
    if filed >= {form.form for form in course.protocol.forms}:
        yield Blocker(code="form.already_filed", message="Every form has been filed", absolute=True)


def _nothing(_course: CourseState, _session: MedicineSession | None, _at: datetime) -> Iterator[Blocker]:
    yield from ()


Standing = Callable[[CourseState, MedicineSession | None, datetime], Iterator[Blocker]]

STANDING: Mapping[type[Event], Standing] = {
    SessionBooked: _booking,
    SessionRebooked: _rebooking,
    ConsentWithdrawn: _withdrawal,
    VitalsRecorded: _reading,
    SessionCleared: _clearance,
    DoseAdministered: _dose,
    PatientDischarged: _discharge,
    CheckInCompleted: _calls_left,
    FormFiled: _forms_left,
    CourseHeld: _holding,
    CourseResumed: _resuming,
    PatientWithdrew: _ending,
    CourseDiscontinued: _ending,
    CourseTransferred: _ending,
    CourseVoided: _ending,
    ProtocolMigrated: _ending,
}
"""What can stand in the way of an event whatever it says."""


def _session_of(course: CourseState, event: ClinicEvent) -> tuple[MedicineSession | None, tuple[Blocker, ...]]:
    number = getattr(event.data, "session", None)
    if number is None or isinstance(event, SessionBooked):
        return None, ()
    if (session := course.session_numbered(number)) is not None:
        return session, ()
    unknown = Blocker(
        code="session.unknown", message=f"Session {number} has not been booked", absolute=True, observed=number
    )
    return None, (unknown,)


def _role_blockers(event: ClinicEvent, place: Place) -> Iterator[Blocker]:
    if event.data.actor.role not in place.roles:
        allowed = ", ".join(sorted(place.roles))
        yield Blocker(
            code="actor.role_not_allowed",
            message=f"A {event.data.actor.role} may not report {_name(type(event))}; expected: {allowed}",
            absolute=True,
            observed=event.data.actor.role,
            limit=allowed,
        )


def _wrong_phase(course: CourseState, place: Place) -> Blocker:
    expected = ", ".join(phase for phase in Phase if phase in place.phases)
    return Blocker(
        code="course.wrong_phase",
        message=f"The course is in {course.phase.replace('_', ' ')}; expected: {expected}",
        absolute=True,
        observed=course.phase,
        limit=expected,
    )


def _wrong_stage(session: MedicineSession, stages: frozenset[Stage]) -> Blocker:
    expected = ", ".join(stage for stage in Stage if stage in stages)
    return Blocker(
        code="session.wrong_stage",
        message=f"Session {session.number} is {session.stage.replace('_', ' ')}; expected: {expected}",
        absolute=True,
        observed=session.stage,
        limit=expected,
    )


def _may_be_rebooked(session: MedicineSession | None) -> Iterator[Blocker]:
    if session is not None and session.stage is not Stage.BOOKED and not session.may_be_booked_again:
        yield _wrong_stage(session, frozenset({Stage.BOOKED, Stage.CANCELED, Stage.MISSED}))


def _resume_blockers(course: CourseState, actor: Actor) -> Iterator[Blocker]:
    if course.hold is None:
        yield Blocker(code="course.not_held", message="The course is not held", absolute=True)
    elif course.hold.is_safety and actor.role is not Role.PRESCRIBER:
        yield Blocker(
            code="actor.role_not_allowed",
            message="After a safety hold only a prescriber resumes the course",
            absolute=True,
            observed=actor.role,
            limit=Role.PRESCRIBER,
        )


def _overrides_of(event: ClinicEvent) -> tuple[Override, ...]:
    match event:
        case EligibilityDecided() | SessionCleared():
            return event.data.overrides
        case PatientDischarged() if event.data.actor.role is Role.PRESCRIBER:
            return event.data.overrides
        case _:
            return ()


def _not_overridden(found: Iterable[Blocker], overrides: tuple[Override, ...]) -> Iterator[Blocker]:
    lifted = lifted_by(overrides)
    return (blocker for blocker in found if blocker.absolute or blocker.code not in lifted)


def _type_of(model: type[Event]) -> str:
    return str(model.model_fields["type"].default)


def _name(model: type[Event]) -> str:
    return _type_of(model).removeprefix("kap.")
