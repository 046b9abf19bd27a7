"""Clearance: whether a checked-in patient may be dosed today, and every blocker the prescriber has to weigh."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from domain.course.event_rule import MEDICINE, MONITORED, PRESCRIBER, SessionEventRule
from domain.course.measures import Risk
from domain.course.placement_blockers import wrong_stage
from domain.course.recorded import known_at, newer
from domain.course.rules import (
    arrival,
    compared,
    consent,
    eligibility,
    futility,
    observation,
    plan_review,
    pregnancy,
    results,
    risk_screens,
    spacing,
    symptoms,
)
from domain.course.rules.signs import newest, value_of
from domain.course.rules.vitals import SPOKEN
from domain.course.rules.weighing import is_weighed
from domain.course.session import MedicineSession, Reading, Stage
from domain.course.state import CourseState, Phase
from domain.course.transition import Transition
from domain.durations import in_words
from domain.escalation.messages import PHRASES, Kind
from domain.events.clinic_events import SessionCleared
from domain.events.fields import weighed_by
from domain.protocol.instruments import instrument_name
from domain.protocol.values import Vital
from domain.values import Blocker, Severity, absolute_first, count_of

DANGERS = frozenset({Kind.VITALS_EMERGENCY, Kind.SUICIDE_RISK})
"""While one of these is unresolved, whatever its severity, the patient is neither dosed nor discharged."""

NOT_OF_THE_PATIENT = frozenset(
    {Kind.RECORD_STORE_BEHIND, Kind.ORCHESTRATOR_SILENT, Kind.COURSE_FILLING, Kind.RECORD_DIFFERS}
)
"""Escalations about Kapstan itself: none of them stands in a patient's way."""

OF_REPORTS = frozenset({Kind.SESSION_UNREPORTED, Kind.DOSE_UNREPORTED, Kind.HOLD_UNREVIEWED})
"""Escalations that ask for a report or a review: what follows answers them, and none stands in a patient's way."""


def blockers(course: CourseState, session: MedicineSession, at: datetime) -> tuple[Blocker, ...]:
    """Every blocker of the patient's clearance at that moment, absolute ones first (CLINICAL.md 3.2)."""
    found = (
        *standing_blockers(course, at),
        *plan_blockers(course, session, at),
        *consent.further_blockers(course, at, session.number),
        *spacing.blockers(course, session.number, at),
        *_course_blockers(course, session, at),
        *away_blockers(session, at),
        *arrival.blockers(course, session, at),
        *compared.arrival_blockers(course, session),
        *observation.unknown_given(course.protocol, session, at),
        *_reading_blockers(course, session, at),
    )
    return absolute_first(found)


def standing_blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """Blockers of any dose: a hold, another phase, missing consent, an open emergency, an excluding finding."""
    for hold in course.holds:
        yield Blocker(code="course.held", message=f"The course is held: {hold.reason}", absolute=True)
    if course.phase is not Phase.MEDICINE:
        yield Blocker(
            code="course.not_in_medicine",
            message=f"The course is in {course.phase.replace('_', ' ')}, not in medicine",
            absolute=True,
            observed=course.phase,
            limit=Phase.MEDICINE,
        )
    elif (prepared_at := course.prepared_at) is not None and at < prepared_at:
        yield Blocker(
            code="course.not_in_medicine",
            message=f"Eligibility, plan and preparation were complete {in_words(prepared_at - at)} after that moment",
            absolute=True,
            observed=prepared_at.isoformat(),
        )
    yield from consent.blockers(course, at)
    yield from escalation_blockers(course)
    yield from eligibility.excluding(course)
    yield from pregnancy.blockers(course, at)


def plan_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """The blocker of a session beyond the number that the plan of that moment has."""
    planned = course.sessions_planned_by(known_at(course.plans, at))
    if session.number > planned:
        yield Blocker(
            code="session.beyond_plan",
            message=f"Session {session.number} is beyond the plan of {count_of(planned, 'session')}",
            absolute=True,
            observed=session.number,
            limit=planned,
        )


def escalation_blockers(course: CourseState, without: Collection[Kind] = ()) -> Iterator[Blocker]:
    """A blocker for each unresolved escalation that is an emergency, absolute, or urgent, for a prescriber to weigh.

    What is observed of it changes whenever its cause happens again: that is weighed anew.
    `without` are the kinds that the act itself answers.
    """
    for escalation in course.unresolved:
        if escalation.kind in NOT_OF_THE_PATIENT | OF_REPORTS or escalation.kind in without:
            continue
        is_danger = escalation.severity is Severity.EMERGENCY or escalation.kind in DANGERS
        if is_danger or escalation.severity is Severity.URGENT:
            yield Blocker(
                code=f"escalation.{escalation.kind}_open",
                message=f"The escalation “{PHRASES[escalation.kind]}” is not resolved",
                absolute=is_danger,
                observed=escalation.id if not escalation.repeats else f"{escalation.id}, again {escalation.repeats}",
            )


def _course_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    before = next((one for one in reversed(course.dosed_sessions) if one.number < session.number), None)
    last_dose = before.doses[-1].at if before else None
    # What the patient answers before discharge belongs to the session they are discharged from.
    since = before.ended.at if before and before.ended else last_dose
    yield from _measure_blockers(course, since, at)
    yield from eligibility.undecided(course)
    yield from eligibility.undecided_results(course, at)
    yield from results.due_blockers(course, session.number, at)
    yield from eligibility.outdated(course, at)
    if before is None:
        return
    if course.protocol.medicine.integration_before_next_dose:
        held, needed = sum(talk.at <= at for talk in before.integrations), course.protocol.integration.sessions
        if held < needed:
            yield Blocker(
                code="integration.outstanding",
                message=f"{held} of {needed} integration sessions after session {before.number} have been held",
                observed=held,
                limit=needed,
                source=course.protocol.source_of("medicine.integration_before_next_dose"),
            )
    yield from plan_review.blockers(course, before, at)
    yield from futility.blockers(course, at)


def _measure_blockers(course: CourseState, since: datetime | None, at: datetime) -> Iterator[Blocker]:
    """Blockers of the measures of this visit: not taken since the last one or too long ago, asked for, or raised."""
    rules = course.protocol.medicine
    owed = tuple(risk_screens.owed_blockers(course, at))
    asked = {blocker.limit for blocker in owed}
    for instrument in rules.measures:
        taken = course.measure_at(instrument, at)
        # A high answer is what another one is asked for: it does not itself count as taken (S47), but if it was known.
        is_calm_enough = taken is not None and (taken.scored.risk is not Risk.HIGH or taken.is_known)
        is_of_this_visit = taken is not None and is_calm_enough and at - taken.at <= rules.measures_valid
        if instrument not in asked and not (taken and is_of_this_visit and (since is None or taken.at >= since)):
            yield Blocker(
                code=f"measure.{instrument}_missing",
                message=f"{instrument_name(instrument)} has not been taken for this visit, since the last session"
                if is_calm_enough or taken is None
                else f"{instrument_name(instrument)} has not been taken since a high answer",
                limit=instrument,
                source=course.protocol.source_of("medicine.measures"),
            )
    yield from owed
    yield from risk_screens.risk_blockers(course, at)


def away_blockers(session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """The blocker of whatever needs the patient here, while they have left."""
    if session.was_away(at):
        yield Blocker(code="patient.away", message="The patient has left and is not back", absolute=True)


def _reading_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    rules, source = course.protocol.medicine.clearance, course.protocol.source_of
    reading = session.reading_before(at)
    if reading is None:
        yield _no_reading()
        return
    is_too_old = at - reading.at > rules.reading_valid
    if is_too_old:
        yield Blocker(
            code="vitals.too_old",
            message=f"The last vitals are {in_words(at - reading.at)} old; {in_words(rules.reading_valid)} at most",
            absolute=True,
            observed=in_words(at - reading.at),
            limit=in_words(rules.reading_valid),
            source=source("medicine.clearance.reading_valid"),
        )
    # Each sign has its own age; where all are too old, those of the last reading's time are judged.
    since = (reading.at if is_too_old else at) - rules.reading_valid
    yield from _limit_blockers(course, newest(session, at, since=since))
    yield from symptoms.blockers(course.protocol, session, at)


def _no_reading() -> Blocker:
    return Blocker(code="vitals.missing", message="No vitals have been taken", absolute=True)


def unweighed_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """Blockers that the clearance has not weighed: from each sign's last value before that moment, whenever it was
    taken or recorded, from the symptoms, from a check-in that reads differently now, and from screening findings and
    answers about suicide that came after it.

    What the prescriber overrode at clearance stays overridden; for the rest the session must be cleared again.
    """
    cleared = session.clearance
    if cleared is None:
        return
    # What was fresh at the clearance holds for as long as that does.
    since = min(at, cleared.at) - course.protocol.medicine.clearance.reading_valid
    # There is none where it was taken back after the clearance.
    is_read = session.reading_before(at) is not None
    found = (
        *(_limit_blockers(course, newest(session, at, since=since)) if is_read else (_no_reading(),)),
        *symptoms.blockers(course.protocol, session, at),
        *compared.arrival_blockers(course, session),
        *observation.unknown_given(course.protocol, session, at),
        *eligibility.undecided(course),
        *eligibility.undecided_results(course, at),
    )
    for blocker in found:
        if blocker.absolute or not is_weighed(blocker, session.weighed):
            yield blocker.but(absolute=True)
    yield from unweighed_risk(course, session, at)
    yield from unweighed_escalations(course, session)


def unweighed_risk(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """Blockers of a risk of suicide that the clearance has not weighed, before a booster too."""
    for blocker in (*risk_screens.owed_blockers(course, at), *risk_screens.risk_blockers(course, at)):
        if not is_weighed(blocker, session.weighed):
            yield blocker.but(absolute=True)


def unweighed_escalations(course: CourseState, session: MedicineSession) -> Iterator[Blocker]:
    """The relative blockers of open escalations that the clearance has not weighed."""
    for blocker in escalation_blockers(course):
        if not blocker.absolute and not is_weighed(blocker, session.weighed):
            yield blocker


def _limit_blockers(course: CourseState, taken: Mapping[Vital, Reading]) -> Iterator[Blocker]:
    """The blockers by each sign's newest value; one that is missing from `taken` was not taken in time."""
    rules, source = course.protocol.medicine.clearance, course.protocol.source_of
    for vital in Vital:
        observed = value_of(taken[vital], vital) if vital in taken else None
        for name, limits in (("never", rules.never.of(vital)), ("hold", rules.hold.of(vital))):
            if limits is None or (observed is not None and limits.holds(observed)):
                continue
            if observed is None:
                ends = dict.fromkeys((f"{limits.low:g}", f"{limits.high:g}"))
                yield Blocker(
                    code=f"vitals.{vital}_missing",
                    message=f"{SPOKEN[vital]} was not taken; must be {' to '.join(ends)}",
                    absolute=name == "never",
                    limit="-".join(ends),
                    source=source(f"medicine.clearance.{name}.{vital}"),
                )
                break
            is_high = observed > limits.high
            bound = limits.high if is_high else limits.low
            yield Blocker(
                code=f"vitals.{vital}_{'above' if is_high else 'below'}_limit",
                message=f"{SPOKEN[vital]} {observed} is {'above' if is_high else 'below'} the "
                f"{'limit of any dose, ' if name == 'never' else 'pre-dose limit of '}{bound:g}",
                absolute=name == "never",
                observed=observed,
                limit=bound,
                source=source(f"medicine.clearance.{name}.{vital}"),
            )
            break


def _act_blockers(course: CourseState, session: MedicineSession, at: datetime) -> tuple[Blocker, ...]:
    """The blockers of clearing the session. After a dose only a clearance of before it can still be told, and once."""
    if not session.doses:
        return blockers(course, session, at)
    if session.clearance is not None or at > session.doses[0].at:
        return (wrong_stage(session, _NOT_DOSED),)
    return blockers(*_as_of(course, session, at), at)


def _as_of(course: CourseState, session: MedicineSession, at: datetime) -> tuple[CourseState, MedicineSession]:
    """The course and the session before the dose that was told first: with what was held and open by that moment.

    That the dose deviated, if only for want of this clearance, was not open before it was given.
    """
    then, dosed_at = session.but(doses=()), session.doses[0].at
    known = course.but(
        sessions=course.sessions_with(then),
        holds=tuple(one for one in course.holds if one.since <= at),
        escalations=tuple(
            one
            for one in course.escalations
            if one.opened_at <= at and (one.kind is not Kind.PROTOCOL_DEVIATION or one.opened_at < dosed_at)
        ),
    )
    return known, then


def _clear(transition: Transition[Any], session: MedicineSession, event: SessionCleared) -> None:
    """Clears the session, and keeps what the prescriber weighed, with its values: a worse one asks again."""
    arrived = transition.recorded(event)
    cleared = newer(session.clearance, arrived)
    lifted = weighed_by(event.data.overrides)
    weighed = tuple(one for one in _act_blockers(transition.course, session, event.time) if one.code in lifted)
    if any(one.code == "medications.changed" for one in weighed):
        transition.change(medications_changed_at=None)
    transition.keep(
        session.but(
            stage=session.stage if session.doses else Stage.CLEARED,
            clearance=cleared,
            weighed=weighed if cleared is arrived else session.weighed,
        )
    )


_NOT_DOSED = frozenset({Stage.CHECKED_IN, Stage.CLEARED})

CLEARED = SessionEventRule(
    event=SessionCleared,
    phases=MEDICINE,
    # An offline tablet may tell of the dose first.
    stages=_NOT_DOSED | MONITORED,
    roles=PRESCRIBER,
    standing=_act_blockers,
    overrides=lambda event: event.data.overrides,
    apply=_clear,
)
RULES = (CLEARED,)
