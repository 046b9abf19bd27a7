"""Questionnaires that are due, for display only: they page nobody and keep no course open."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.course.baseline import brought_along
from domain.course.rules import followup, observation
from domain.course.state import CourseState, Phase
from domain.durations import days
from domain.protocol.measures import AfterDose, MeasureMoment
from domain.values import Code, Frozen, Moment


class MeasureDue(Frozen):
    """An instrument whose answers the protocol wants by that moment, and that have not been given yet."""

    instrument: Code
    due_at: Moment


def measures_due(course: CourseState) -> Iterator[MeasureDue]:
    """The measures due by `measures.<instrument>.every`, or before they leave, in the order of the protocol.

    None for a closed course.
    """
    if course.is_closed or course.referral is None:
        return
    for instrument, rule in course.protocol.measures.items():
        if not course.protocol.is_asked_of(rule, course.referral.data.indications):
            continue
        moments = (*(_due_at(course, instrument, moment) for moment in rule.moments), _at_the_door(course, instrument))
        if (due_at := min((one for one in moments if one is not None), default=None)) is not None:
            yield MeasureDue(instrument=instrument, due_at=due_at)


def _due_at(course: CourseState, instrument: Code, moment: MeasureMoment | AfterDose | timedelta) -> datetime | None:
    match moment:
        case MeasureMoment.BASELINE:
            return _baseline(course, instrument)
        case MeasureMoment.EACH_SESSION:
            return _next_session(course, instrument)
        case MeasureMoment.END:
            return _end(course, instrument)
        case MeasureMoment.FOLLOW_UP:
            return _next_visit(course, instrument)
        case AfterDose():
            return _after_dose(course, instrument, moment.length)
        case timedelta():
            return _last_known(course, instrument) + moment


def _baseline(course: CourseState, instrument: Code) -> datetime | None:
    """The baseline is due once, during screening; the referral may bring it along. After a dose there is none."""
    assert course.referral is not None
    is_known = course.measure(instrument) is not None or brought_along(course, instrument) is not None
    if is_known or course.dosed_sessions:
        return None
    return course.referral.at + course.protocol.screening.within


def _next_session(course: CourseState, instrument: Code) -> datetime | None:
    """Due between two sessions, by the start of the one that is booked."""
    waiting = next((session for session in course.sessions if session.is_waiting), None)
    last = followup.last_stay_ended(course)
    if waiting is None or course.measure(instrument, since=last.at if last else None) is not None:
        return None
    return waiting.starts_at


def _at_the_door(course: CourseState, instrument: Code) -> datetime | None:
    """Due between the dose and the door, by the end of the least observation."""
    rules, session = course.protocol.medicine, course.monitored
    if session is None or instrument not in (rules.discharge.measures or ()):
        return None
    begun_at = observation.begun(course.protocol, session).at
    return None if course.measure(instrument, since=begun_at) else begun_at + rules.minimum_observation


def _end(course: CourseState, instrument: Code) -> datetime | None:
    """Due after the last session, from the beginning of follow-up."""
    last = followup.counted_from(course)
    if course.phase is not Phase.FOLLOW_UP or last is None or course.measure(instrument, since=last.at) is not None:
        return None
    return course.phase_entered_at


def _next_visit(course: CourseState, instrument: Code) -> datetime | None:
    """Due by the next follow-up visit, from when that visit may be held."""
    last = followup.counted_from(course)
    if course.phase is not Phase.FOLLOW_UP or last is None:
        return None
    held = followup.visits_held(course)
    for after, opens_after in followup.windows(course.protocol.follow_up.after):
        if days(after) not in held:
            is_taken = course.measure(instrument, since=last.at + opens_after) is not None
            return None if is_taken else last.at + after
    return None


def _after_dose(course: CourseState, instrument: Code, after: timedelta) -> datetime | None:
    """Due so long after the last dose, until the next one or the follow-up; an answer counts as those of visits do.

    What was to be asked while they were here is asked of nobody who has left.
    """
    dosed = course.dosed_sessions
    if not dosed or course.phase not in {Phase.MEDICINE, Phase.INTEGRATION}:
        return None
    dosed_at, left = dosed[-1].doses[0].at, dosed[-1].ended
    if left is not None and dosed_at + after < left.at:
        return None
    opens_after = dict(followup.windows(course.protocol.measures[instrument].after_dose))
    return None if course.measure(instrument, since=dosed_at + opens_after[after]) else dosed_at + after


def _last_known(course: CourseState, instrument: Code) -> datetime:
    """The moment that an interval is counted from: the newest answer, or the referral."""
    assert course.referral is not None
    newest = course.measure(instrument)
    return newest.at if newest else course.referral.at
