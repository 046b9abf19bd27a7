"""Infusions: an intravenous dose from its start to its stop, within the same gates and bounds as any other dose.

The gates and the checkpoints begin with the start; the bounds are asked again of what was given; and the patient is
observed from the stop on.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from domain.course.dose_given import DoseGiven
from domain.course.event_rule import ALWAYS, MEDICINE, MONITORED, SessionEventRule
from domain.course.recorded import Recorded, newer
from domain.course.rules import clearance, compared, dosing, infusion_length, told_twice
from domain.course.rules.checkpoints import unsettled
from domain.course.rules.dose_bounds import Offered, bound_blockers
from domain.course.rules.followup import go_on_when_integrated
from domain.course.rules.routes import route_not_allowed
from domain.course.rules.told_twice import DUPLICATE_WITHIN
from domain.course.session import MedicineSession, Stage
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.events.clinic_events import InfusionPaused, InfusionResumed, InfusionStarted, InfusionStopped
from domain.protocol.model import Protocol
from domain.protocol.values import Route
from domain.values import Blocker, Role, absolute_first


def _infusions_standing(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    if Route.INTRAVENOUS not in course.protocol.routes:
        yield route_not_allowed(course.protocol, Route.INTRAVENOUS)
    yield from dosing.standing(course, session, at)


def _start_blockers(course: CourseState, session: MedicineSession, event: InfusionStarted) -> tuple[Blocker, ...]:
    """What speaks against the dose that is to run in; where its stop was reported first, its true length too."""
    said = event.data
    before, stop = _without_its_stop(session, event.time)
    if _is_any_order(course) and not before.doses:
        before = before.but(stage=_stage_before(before))
    lengths = course.protocol.medicine.infusion
    ends_at = event.time + min(said.over or lengths.usual, lengths.most or timedelta.max)
    dose = Offered(event.time, said.mg, Route.INTRAVENOUS.value, said.actor, said.witness, event.source, ends_at)
    if told_twice.is_second_start(course, before, dose):
        return (_told_again(dose),)
    found = [
        *dosing.blockers(course, before, dose),
        *compared.infusion_blockers(course, before, dose),
        *infusion_length.of_start(course, before, dose, said.over),
    ]
    if stop is not None and _is_any_order(course):
        # What the stop was asked about is answered by its start.
        found = [one for one in found if one.absolute or one.code != dosing.DEVIATION_OPEN]
    if stop is not None:
        started = DoseGiven(at=event.time, recorded_at=stop.recorded_at, data=said, sequence=stop.sequence)
        given = dose._replace(at=stop.at, mg=stop.data.mg_given)
        found += infusion_length.of_stop(course, before, started, given)
    return absolute_first(found)


def _is_any_order(course: CourseState) -> bool:
    """Whether the file compares what two tell: then a start may be told twice, or after its stop."""
    return compared.rules_of(course).same_dose_within is not None


def _told_again(dose: Offered) -> Blocker:
    return Blocker(
        code="infusion.told_twice",
        message=f"An infusion of {dose.mg:g} mg is running already: it is taken for the one that is told again",
        observed=dose.mg,
    )


def _stop_blockers(course: CourseState, session: MedicineSession, event: InfusionStopped) -> Iterator[Blocker]:
    """What the bounds say of the amount that was given, on top of the session's other doses."""
    said, infusion = event.data, _stopped_by(course, session, event)
    if infusion is not None and _is_told_twice(course, infusion, event):
        yield told_twice.possible_duplicate(_told_by(event), event.time - infusion.ended_at)
    else:
        yield from _none_runs(course, session, event.time)
    is_a_dose = infusion is None or isinstance(infusion.data, InfusionStopped.Data)
    if is_a_dose and said.actor.role in STOPPED.roles:
        # Anybody may stop one; of one that nobody started, it is all that is known of who gave it.
        yield from STARTED.by_role(course, event, said.actor.role)
    if infusion is None and _is_any_order(course):
        yield from _gates_of_unknown_start(course, session, event.time)
    others = session.but(doses=tuple(dose for dose in session.doses if dose is not infusion))
    answers = infusion.data if infusion is not None and isinstance(infusion.data, InfusionStarted.Data) else None
    if answers is not None and said.mg_given <= answers.mg:
        dose = Offered(event.time, said.mg_given, Route.INTRAVENOUS.value, answers.actor, answers.witness)
    else:
        dose = _told_by(event)
    yield from bound_blockers(course, others, dose)
    if infusion is None and compared.rules_of(course).same_dose_within is not None:
        yield from told_twice.blockers(course, others, dose)
    if answers is None or infusion is None:
        yield from compared.infusion_blockers(course, others, dose)
        return
    if not ((said.reason or "").strip() and _is_early(course, infusion, event.time)):
        yield from compared.infusion_blockers(course, others, dose, answers.mg)
    yield from infusion_length.of_stop(course, others, infusion, dose)


def _gates_of_unknown_start(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """What speaks against an infusion of which only the end is known; its start is asked for the rest."""
    yield from (one for one in clearance.standing_blockers(course, at) if one.absolute)
    if session.clearance is None:
        yield dosing.not_cleared()


def _told_by(event: InfusionStopped) -> Offered:
    said = event.data
    return Offered(event.time, said.mg_given, Route.INTRAVENOUS.value, said.actor, None, event.source, until=event.time)


def _is_told_twice(course: CourseState, infusion: DoseGiven, event: InfusionStopped) -> bool:
    return told_twice.is_second_stop(course, infusion, _told_by(event))


def _is_early(course: CourseState, infusion: DoseGiven, at: datetime) -> bool:
    """Whether it was stopped before it was through."""
    rules = course.protocol.medicine.infusion
    return infusion.ran_until(at) < infusion.meant_to_run(rules.usual, rules.most)


def _none_runs(_course: CourseState, session: MedicineSession, _at: datetime) -> Iterator[Blocker]:
    if session.running_infusion is None:
        yield Blocker(code="infusion.not_running", message="No infusion is running", absolute=True)


def _may_pause(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    yield from _none_runs(course, session, at)
    if session.running_infusion is not None and session.running_infusion.is_paused:
        yield Blocker(code="infusion.paused", message="The infusion is paused already", absolute=True)


def _may_resume(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """What speaks against it; as it gives more of the medicine, all that speaks against a dose at that moment."""
    yield from _none_runs(course, session, at)
    infusion = session.running_infusion
    if infusion is not None and not infusion.is_paused:
        yield Blocker(code="infusion.not_paused", message="The infusion is not paused", absolute=True)
    elif infusion is not None and course.protocol.medicine.infusion.resume_gated:
        yield from (one for one in clearance.standing_blockers(course, at) if one.absolute)
        yield from clearance.away_blockers(session, at)
        yield from dosing.since_the_first(course, session, at, infusion.at)


def _resumed_by(protocol: Protocol) -> Collection[Role] | None:
    return dosing.given_by(protocol) if protocol.medicine.infusion.resume_gated else None


def _start(transition: Transition[Any], session: MedicineSession, event: InfusionStarted) -> None:
    """Takes the infusion into the session, with its stop where that was reported first."""
    before, stop = _without_its_stop(session, event.time)
    if told_twice.is_second_start(transition.course, before, _started_by(event)):
        return
    started = DoseGiven(
        at=event.time, recorded_at=transition.now, data=event.data, sequence=transition.sequence, stopped=stop
    )
    dosing.give(transition, before, started)


def _pause(transition: Transition[Any], session: MedicineSession, event: InfusionPaused) -> None:
    infusion = _infusion_at(session, event.time)
    if infusion is not None:
        pauses = sorted((*infusion.pauses, transition.recorded(event)), key=lambda one: one.at)
        transition.keep(_with(session, infusion, infusion.but(pauses=tuple(pauses))))


def _resume(transition: Transition[Any], session: MedicineSession, event: InfusionResumed) -> None:
    infusion = _infusion_at(session, event.time)
    if infusion is not None:
        resumptions = sorted((*infusion.resumptions, transition.recorded(event)), key=lambda one: one.at)
        transition.keep(_with(session, infusion, infusion.but(resumptions=tuple(resumptions))))


def _stop(transition: Transition[Any], session: MedicineSession, event: InfusionStopped) -> None:
    """Ends the infusion. One whose start nobody reported is a dose all the same, given by then."""
    infusion = _stopped_by(transition.course, session, event)
    if infusion is not None and _is_of_nothing(transition.course, session, infusion, event):
        _leave_out(transition, session, infusion, event.time)
    elif infusion is not None:
        stopped = newer(infusion.stopped, transition.recorded(event))
        transition.keep(_with(session, infusion, infusion.but(stopped=stopped)))
    elif _infusion_at(session, event.time) is not None or not any(dose.is_infusion for dose in session.doses):
        dosing.give(
            transition,
            session,
            DoseGiven(at=event.time, recorded_at=transition.now, data=event.data, sequence=transition.sequence),
        )


def _started_by(event: InfusionStarted) -> Offered:
    said = event.data
    return Offered(event.time, said.mg, Route.INTRAVENOUS.value, said.actor, said.witness, event.source)


def _infusion_at(session: MedicineSession, at: datetime) -> DoseGiven | None:
    """The last infusion that had begun by then."""
    return next((dose for dose in reversed(session.doses) if dose.is_infusion and dose.at <= at), None)


def _stopped_by(course: CourseState, session: MedicineSession, event: InfusionStopped) -> DoseGiven | None:
    """The infusion that this stop ends: the last one that had begun, unless its stop has long been known.

    A second stop within minutes, or one that tells the same from elsewhere, is the newer word on the first; later it is
    of an infusion whose start nobody reported.
    """
    infusion = _infusion_at(session, event.time)
    if infusion is None or infusion.is_running or event.time - infusion.ended_at <= DUPLICATE_WITHIN:
        return infusion
    return infusion if _is_told_twice(course, infusion, event) else None


def _is_of_nothing(course: CourseState, session: MedicineSession, infusion: DoseGiven, event: InfusionStopped) -> bool:
    """Whether nothing was given of a running infusion that was stopped at once: it was never connected.

    Once the reading at its start would be late some of it has run in: a nought may be a slip, and they are watched.
    """
    medicine = course.protocol.medicine
    is_nothing = infusion.is_running and not event.data.mg_given and session.check_in is not None
    is_here = is_nothing and session.is_monitored
    is_at_once = infusion.ran_until(event.time) < medicine.checkpoints.grace
    return is_here and medicine.infusion.least is not None and is_at_once


def _leave_out(transition: Transition[Any], session: MedicineSession, infusion: DoseGiven, at: datetime) -> None:
    """Takes the infusion back: nobody was dosed by it, and what becomes of the clearance is asked as before it."""
    doses = tuple(dose for dose in session.doses if dose is not infusion)
    stage = session.stage if doses else _stage_before(session)
    transition.keep(unsettled(session).but(doses=doses, stage=stage))
    if stage is Stage.ABORTED:
        go_on_when_integrated(transition, at)


def _stage_before(session: MedicineSession) -> Stage:
    if session.abort is not None:
        return Stage.ABORTED
    cleared, checked_in = session.clearance, session.check_in
    is_anew = cleared is not None and checked_in is not None and checked_in.sequence > cleared.sequence
    return Stage.CHECKED_IN if cleared is None or is_anew else Stage.CLEARED


def _without_its_stop(
    session: MedicineSession, at: datetime
) -> tuple[MedicineSession, Recorded[InfusionStopped.Data] | None]:
    """The session without the next infusion after `at` of which only the stop is known, and that stop."""
    later = next((dose for dose in session.doses if dose.is_infusion and dose.at >= at), None)
    if later is None or not isinstance(later.data, InfusionStopped.Data):
        return session, None
    stop = later.stopped or Recorded[InfusionStopped.Data](
        at=later.at, recorded_at=later.recorded_at, data=later.data, sequence=later.sequence
    )
    return session.but(doses=tuple(dose for dose in session.doses if dose is not later)), stop


def _with(session: MedicineSession, before: DoseGiven, after: DoseGiven) -> MedicineSession:
    return session.but(doses=tuple(after if dose is before else dose for dose in session.doses))


def _session_of_infusion(
    course: CourseState, _rule: SessionEventRule[Any], event: InfusionPaused | InfusionResumed | InfusionStopped
) -> MedicineSession | None:
    """The session named, if it has an infusion that had begun, or else the one in which one is running."""
    named = course.session_numbered(event.data.session) if event.data.session is not None else None
    if named is not None and _infusion_at(named, event.time) is not None:
        return named
    return next((one for one in course.newest_first if one.running_infusion is not None), None)


def _session_of_stop(course: CourseState, rule: SessionEventRule[Any], event: InfusionStopped) -> MedicineSession:
    found = _session_of_infusion(course, rule, event)
    if found is not None and _stopped_by(course, found, event) is not None:
        return found
    return dosing.session_of_dose(course, rule, event)


STARTED = SessionEventRule(
    event=InfusionStarted,
    phases=MEDICINE,
    only_roles=dosing.given_by,
    roles_key=dosing.GIVEN_BY,
    stages=frozenset({Stage.CHECKED_IN, Stage.CLEARED, *MONITORED}),
    standing=_infusions_standing,
    blockers=_start_blockers,
    place=dosing.session_of_dose,
    apply=_start,
)
PAUSED = SessionEventRule(
    event=InfusionPaused,
    phases=ALWAYS,
    stages=MONITORED,
    standing=_may_pause,
    place=_session_of_infusion,
    apply=_pause,
)
RESUMED = SessionEventRule(
    event=InfusionResumed,
    phases=ALWAYS,
    only_roles=_resumed_by,
    roles_key=dosing.GIVEN_BY,
    stages=MONITORED,
    standing=_may_resume,
    place=_session_of_infusion,
    apply=_resume,
)
STOPPED = SessionEventRule(
    event=InfusionStopped,
    phases=ALWAYS,
    stages=MONITORED,
    standing=_none_runs,
    blockers=_stop_blockers,
    place=_session_of_stop,
    apply=_stop,
)
RULES = (STARTED, PAUSED, RESUMED, STOPPED)
