"""Dosing: what stands in the way of a dose, and what follows once one was given."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, Final

from domain.course.dose_given import DoseGiven
from domain.course.event_rule import MEDICINE, MONITORED, SessionEventRule, under_way
from domain.course.recorded import known_at
from domain.course.rules import arrival, clearance, compared, consent, infusion_length, parts, returning, told_twice
from domain.course.rules.checkpoints import unsettled
from domain.course.rules.dose_bounds import (
    LEAST_MG,
    Offered,
    bound_blockers,
    exhausted_blockers,
    listed_blockers,
    unweighed,
    weight_today,
)
from domain.course.rules.followup import go_on_when_integrated
from domain.course.rules.readings import with_earlier_told
from domain.course.rules.routes import RouteBounds, bounds_of, every_bounds, route_not_allowed
from domain.course.rules.signs import newest
from domain.course.rules.vitals import SPOKEN, standing_findings
from domain.course.session import MedicineSession, Stage, is_long_past
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.course.verdict import VerdictSeverity
from domain.durations import in_words
from domain.escalation.messages import Kind
from domain.events.clinic_events import DoseAdministered, InfusionStarted, InfusionStopped, SessionAborted
from domain.protocol.medicine import RouteRules
from domain.protocol.model import Protocol
from domain.values import Blocker, Role, Severity, absolute_first, count_of

DEVIATION_OPEN: Final = f"escalation.{Kind.PROTOCOL_DEVIATION}_open"
_NORMAL: Final = frozenset({VerdictSeverity.NORMAL})
_ORDINARY: Final = frozenset({VerdictSeverity.NORMAL, VerdictSeverity.WARNING})
GIVEN_BY: Final = "medicine.dose.given_by"


def blockers(course: CourseState, session: MedicineSession, dose: Offered) -> tuple[Blocker, ...]:
    """Every blocker of this dose at its time, absolute ones first (CLINICAL.md 3.5)."""
    found = (
        *_standing_of_part(course, session, dose),
        *clearance.plan_blockers(course, session, dose.at),
        *consent.further_blockers(course, dose.at, session.number),
        *_standing_blockers(course, session, dose.at, bounds_of(course.protocol, dose.route), dose.mg),
        *_route_blockers(course, dose),
        *told_twice.blockers(course, session, dose),
        *bound_blockers(course, session, dose),
        *listed_blockers(course, session, dose),
    )
    return absolute_first(found)


def _standing_of_part(course: CourseState, session: MedicineSession, dose: Offered) -> Iterator[Blocker]:
    """What speaks against any dose; a slip that has been corrected since speaks against no further part of one."""
    is_part = parts.is_part(course, session, dose.at, dose.mg, bounds_of(course.protocol, dose.route))
    is_settled = (
        is_part
        and _has_parts_apart(course)
        and all(one.rests_on_corrected for one in course.unresolved if one.kind is Kind.PROTOCOL_DEVIATION)
    )
    for blocker in clearance.standing_blockers(course, dose.at):
        if blocker.absolute and not (is_settled and blocker.code == DEVIATION_OPEN):
            yield blocker


def _has_parts_apart(course: CourseState) -> bool:
    return course.protocol.medicine.dose.parts_apart is not None


def _standing_blockers(
    course: CourseState, session: MedicineSession, at: datetime, bounds: RouteBounds, mg: float = LEAST_MG
) -> Iterator[Blocker]:
    """The blockers of this session's next dose within these bounds at that moment, of the least amount or of `mg`."""
    yield from clearance.away_blockers(session, at)
    if session.running_infusion is not None:
        yield Blocker(
            code="infusion.running", message="An infusion was started and has not been stopped", absolute=True
        )
    if session.doses:
        is_part = parts.is_part(course, session, at, mg, bounds)
        yield from _booster_blockers(course, session, at, bounds, is_part=is_part)
    else:
        yield from _clearance_blockers(course, session, at)


def _clearance_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    if not _is_cleared(session, at):
        yield not_cleared()
        return
    assert session.clearance is not None
    valid_for = course.protocol.medicine.clearance_valid
    age = at - session.clearance.at
    if age > valid_for:
        yield Blocker(
            code="clearance.expired",
            message=f"The clearance is {in_words(age)} old; it holds for {in_words(valid_for)}",
            absolute=True,
            observed=in_words(age),
            limit=in_words(valid_for),
            source=course.protocol.source_of("medicine.clearance_valid"),
        )
    elif age.total_seconds() < 0:
        yield _before_clearance()
    yield from arrival.outdated_blockers(course, session, at)
    yield from clearance.unweighed_blockers(course, session, at)


def _is_cleared(session: MedicineSession, at: datetime) -> bool:
    """Whether a clearance was in force then; it ends when the patient leaves or is checked in anew, not before."""
    cleared, checked_in = session.clearance, session.check_in
    if cleared is None or session.stage not in {Stage.CHECKED_IN, Stage.CLEARED}:
        return False
    is_anew = checked_in is not None and checked_in.sequence > cleared.sequence
    if session.stage is Stage.CHECKED_IN and is_anew:
        return False
    return not any(cleared.at <= one.left_at <= at for one in session.absences)


def _booster_blockers(
    course: CourseState, session: MedicineSession, at: datetime, bounds: RouteBounds, *, is_part: bool
) -> Iterator[Blocker]:
    """What speaks against a further dose; the first one by another route is none of the boosters that are counted.

    A further part of the dose is none either, and waits for no reading; one that was taken meanwhile is heeded.
    """
    rules = course.protocol.medicine
    if session.clearance is None:
        yield not_cleared()
    elif at < session.clearance.at:
        yield _before_clearance()
    is_of_one = is_part and _has_parts_apart(course)
    for blocker in _unweighed_since(course, session, at):
        # A question about the parts before it is one of the record: the next part waits for no answer.
        if not (is_of_one and blocker.code == DEVIATION_OPEN):
            yield blocker
    given, most = parts.doses_counted(course, session, bounds) - 1, bounds.rules.boosters_max
    if given >= most and not is_part:
        yield Blocker(
            code="dose.booster_not_allowed",
            message=f"The protocol allows {count_of(most, 'booster')}; "
            f"{given} {'has' if given == 1 else 'have'} been given",
            absolute=True,
            observed=given + 1,
            limit=most,
            source=course.protocol.source_of(f"{bounds.key}.boosters_max"),
        )
    last_dose = max((dose.ended_at for dose in session.doses if dose.at <= at), default=None)
    fresh_from = at - rules.clearance.reading_valid
    since = fresh_from if last_dose is None else max(last_dose, fresh_from)
    if is_of_one:
        since = min(dose.at for dose in session.doses)
    taken = newest(session, at, since=since)
    missing = [SPOKEN[vital] for vital in rules.checkpoints.required if vital not in taken]
    found = standing_findings(course.protocol, session, at, since)
    if missing and not is_part:
        yield Blocker(
            code="vitals.too_old",
            message=f"No fresh vitals were taken before the booster: {', '.join(missing)}",
            absolute=True,
        )
    elif any(finding.severity not in (_ORDINARY if is_of_one else _NORMAL) for finding in found):
        yield Blocker(code="vitals.not_normal", message="The last reading is not normal: no booster", absolute=True)


def _unweighed_since(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    yield from clearance.unweighed_risk(course, session, at)
    yield from clearance.unweighed_escalations(course, session)
    if session.abort is not None:
        yield Blocker(code="session.aborted", message="The session was aborted", absolute=True)


def since_the_first(course: CourseState, session: MedicineSession, at: datetime, since: datetime) -> Iterator[Blocker]:
    """What speaks against more of a dose that began at `since`: what came up, and the newest reading of each sign.

    An ordinary effect of the medicine, which is a warning, does not; a danger that was not measured again does.
    """
    yield from _unweighed_since(course, session, at)
    found = standing_findings(course.protocol, session, at, since)
    if any(finding.severity not in _ORDINARY for finding in found):
        yield Blocker(
            code="vitals.not_normal", message="The last reading is not normal: no more of the medicine", absolute=True
        )


def not_cleared() -> Blocker:
    """The blocker of a dose that nobody was cleared for."""
    return Blocker(code="session.not_cleared", message="The session has not been cleared", absolute=True)


def _before_clearance() -> Blocker:
    return Blocker(code="clearance.after_dose", message="The dose is dated before its clearance", absolute=True)


def _route_blockers(course: CourseState, dose: Offered) -> Iterator[Blocker]:
    if dose.route not in course.protocol.routes:
        yield route_not_allowed(course.protocol, dose.route)
    bounds = bounds_of(course.protocol, dose.route)
    if not isinstance(bounds.rules, RouteRules) or not bounds.rules.prescribed:
        return
    plan = known_at(course.plans, dose.at)
    planned = (plan.data.further_routes or ()) if plan is not None else ()
    if dose.actor.role is not Role.PRESCRIBER and dose.route not in planned:
        yield Blocker(
            code="dose.route_not_planned",
            message=f"{dose.route} is another route than the plan's: a prescriber gives it, or names it in the plan",
            observed=dose.route,
            limit=" or ".join((course.protocol.route, *planned)),
            source=course.protocol.source_of(f"{bounds.key}.prescribed"),
        )


def standing(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """What speaks against any dose of this session at that moment, however small and by whichever route."""
    yield from (blocker for blocker in clearance.standing_blockers(course, at) if blocker.absolute)
    yield from clearance.plan_blockers(course, session, at)
    yield from consent.further_blockers(course, at, session.number)
    by_route = (_standing_within(course, session, at, bounds) for bounds in every_bounds(course.protocol))
    yield from min(by_route, key=len)


def _standing_within(
    course: CourseState, session: MedicineSession, at: datetime, bounds: RouteBounds
) -> tuple[Blocker, ...]:
    found = (*_standing_blockers(course, session, at, bounds), *exhausted_blockers(course, session, bounds))
    # A correction may have taken the weight away since they were cleared.
    return (*found, unweighed()) if session.doses and weight_today(session) is None else found


def _administered(course: CourseState, session: MedicineSession, event: DoseAdministered) -> tuple[Blocker, ...]:
    said = event.data
    dose = Offered(event.time, said.mg, said.route, said.actor, said.witness, event.source)
    found = (
        *blockers(course, session, dose),
        *compared.dose_blockers(course, session, dose),
        *infusion_length.of_push(course, session, dose),
    )
    return absolute_first(found)


def _give(transition: Transition[Any], session: MedicineSession, event: DoseAdministered) -> None:
    give(
        transition,
        session,
        DoseGiven(at=event.time, recorded_at=transition.now, data=event.data, sequence=transition.sequence),
    )


def give(transition: Transition[Any], session: MedicineSession, dose: DoseGiven) -> None:
    """Takes the dose into the session: checkpoints are counted from it, unless the patient went home after it.

    A time before the check-in or the clearance is a slip, and shortens nobody's observation.
    """
    dose = dose.but(at=session.dosed_at(dose.at, dose.recorded_at))
    doses = sorted((*session.doses, dose), key=lambda one: one.at)
    if session.handover is not None and _is_here_since(session, session.handover.at, dose):
        session = session.but(handover=None)
    if session.death is not None and _is_here_since(session, session.death.at, dose):
        session = session.but(death=None)
    died = transition.course.died
    if died is not None and session.watched_until is None and not _is_here_since(session, died.at, doses[-1]):
        session = session.but(stage=Stage.ABORTED, death=died)
    stage = session.stage if session.watched_until is not None else Stage.DOSED
    given = unsettled(session).but(stage=stage, doses=tuple(doses))
    if not session.doses:
        given = with_earlier_told(transition, given)
    transition.keep(given)
    if given.is_away and not is_long_past(given.departed[-1].left_at, transition.now):
        # They left under the medicine, and it was told as of one who was not dosed.
        left_at = given.departed[-1].left_at
        transition.escalate(Kind.LEFT_BEFORE_DISCHARGE, given.number, Severity.URGENT, left_at)


def _is_here_since(session: MedicineSession, moment: datetime, dose: DoseGiven) -> bool:
    return moment < dose.at or returning.is_seen_since(session, moment)


def given_by(protocol: Protocol) -> Collection[Role] | None:
    """The roles in which somebody may give the medicine; None for any."""
    return protocol.medicine.dose.given_by


def session_of_dose(
    course: CourseState, _rule: SessionEventRule[Any], event: DoseAdministered | InfusionStarted | InfusionStopped
) -> MedicineSession:
    """The session of a dose at a stage that wants none: so that whoever was dosed is watched, there is always one.

    That is the one named, if it still had no dose or ended after this one; else the one under way, or the one that is
    waited for, of the same day or with the patient here, or the one that began so soon after it that whoever was given
    it was still observed; else one of its own, which nobody planned.
    """
    named = course.session_numbered(event.data.session) if event.data.session is not None else None
    if named is not None and (not named.doses or (named.watched_until and event.time <= named.watched_until)):
        return named
    under_way = next((one for one in course.newest_first if one.was_under_way(event.time)), None)
    day = course.day_of(event.time)
    waiting = (one for one in course.newest_first if one.is_waiting)
    waited_for = (one for one in waiting if one.has_the_patient or course.day_of(one.starts_at) == day)
    observed_until = event.time + course.protocol.medicine.minimum_observation
    begun_after = (one for one in course.sessions if one.came_at and event.time < one.came_at < observed_until)
    if found := under_way or next(waited_for, None) or next(begun_after, None):
        return found
    number = course.sessions[-1].number + 1 if course.sessions else 1
    return MedicineSession(number=number, stage=Stage.DOSED, starts_at=event.time)


def _abort(transition: Transition[Any], session: MedicineSession, event: SessionAborted) -> None:
    """Breaks the session off: a dosed patient is monitored until discharge."""
    if session.watched_until is not None or session.abort is not None:
        return
    if session.may_be_booked_again:
        if session.clearance is not None:
            # Handed over: it says that nobody was dosed on the clearance.
            transition.keep(session.but(abort=transition.recorded(event)))
        return
    stage = Stage.RECOVERING if session.doses else Stage.ABORTED
    transition.keep(session.but(stage=stage, abort=transition.recorded(event)))
    go_on_when_integrated(transition, event.time)


def _session_of_abortion(
    course: CourseState, rule: SessionEventRule[SessionAborted], event: SessionAborted
) -> MedicineSession | None:
    """The session named, if nobody said what became of its clearance; or else the one under way."""
    named = course.session_numbered(event.data.session) if event.data.session is not None else None
    is_asked = named is not None and named.clearance is not None and not named.doses and named.abort is None
    return named if is_asked else under_way(course, rule, event)


DOSED = SessionEventRule(
    event=DoseAdministered,
    phases=MEDICINE,
    only_roles=given_by,
    roles_key=GIVEN_BY,
    stages=frozenset({Stage.CHECKED_IN, Stage.CLEARED, *MONITORED}),
    standing=standing,
    blockers=_administered,
    place=session_of_dose,
    apply=_give,
)
ABORTED = SessionEventRule(
    event=SessionAborted,
    phases=MEDICINE,
    stages=frozenset({Stage.CHECKED_IN, Stage.CLEARED, Stage.DOSED}),
    place=_session_of_abortion,
    apply=_abort,
)
RULES = (DOSED, ABORTED)
