"""Discharge: whether a dosed patient may be discharged. Elapsed time alone never suffices."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice, takewhile
from typing import Any, Final

from domain.course.event_rule import ALWAYS, MONITORED, SessionEventRule, under_way
from domain.course.recorded import newer
from domain.course.rules import checkpoints, clearance, observation, returning, symptoms
from domain.course.rules.checkpoints import unsettled
from domain.course.rules.endings import close_when_withdrawn
from domain.course.rules.followup import go_on_when_integrated
from domain.course.rules.signs import at_clearance, newest, newest_first, value_of
from domain.course.rules.vitals import SPOKEN, standing_findings, verdict
from domain.course.rules.weighing import is_weighed
from domain.course.session import MedicineSession, Reading, Stage
from domain.course.state import CourseState, Phase
from domain.course.transition import Transition
from domain.course.verdict import VerdictSeverity
from domain.durations import in_words
from domain.escalation.messages import Kind
from domain.events.clinic_events import DischargeAssessed, PatientDischarged
from domain.events.fields import Override
from domain.last_answer import keeps_last_answer
from domain.protocol.instruments import instrument_name
from domain.protocol.values import Vital
from domain.values import Blocker, Role, absolute_first

PRESSURE = frozenset({Vital.SYSTOLIC, Vital.DIASTOLIC})

ANSWERED = frozenset({Kind.CONSENT_WITHDRAWN, Kind.DISCHARGE_OVERDUE, Kind.LEFT_BEFORE_DISCHARGE, Kind.VITALS_OVERDUE})
"""The kinds of escalation that a discharge itself answers. Whoever takes back their consent may also go home."""

MOST_READ: Final = 60
"""Most readings since an assessment that are read again, the newest: an hour of one a minute, twice its validity."""


def blockers(
    course: CourseState, session: MedicineSession, at: datetime, *, escort: bool = False, instructions: bool = False
) -> tuple[Blocker, ...]:
    """Every blocker of a discharge at that moment, absolute ones first (CLINICAL.md 3.6)."""
    leaving = tuple(_leaving_blockers(course, escort, instructions))
    return absolute_first((*_standing(course, session, at), *leaving))


@keeps_last_answer
def _standing(course: CourseState, session: MedicineSession, at: datetime) -> tuple[Blocker, ...]:
    """Those that no escort and no instructions lift."""
    return _graver_first(course, session, at)


def _graver_first(course: CourseState, session: MedicineSession, at: datetime) -> tuple[Blocker, ...]:
    found = (
        *clearance.escalation_blockers(course, without=ANSWERED),
        *_observation_blockers(course, session, at),
        *still_runs(session, at),
        *_later_blockers(session, at),
        *_medicine_blockers(course, session, at),
        *_verdict_blockers(course, session, at),
        *_reading_blockers(course, session, at),
        *_recheck_blockers(course, session, at),
        *_assessment_blockers(course, session, at),
        *_measure_blockers(course, session, at),
    )
    # What the verdict says of a vital sign may be said by a limit of the discharge too: the graver one is told.
    kept: dict[object, Blocker] = {}
    for blocker in absolute_first(found):
        kept.setdefault((blocker.code, blocker.observed), blocker)
    return tuple(kept.values())


def rests_on(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """What the readings and the assessment had against a discharge at that moment."""
    yield from _reading_blockers(course, session, at)
    yield from _assessment_blockers(course, session, at)


def _observation_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    minimum = course.protocol.medicine.minimum_observation
    since = at - observation.begun(course.protocol, session).at
    if since < minimum:
        yield Blocker(
            code="discharge.observation_too_short",
            message=f"{in_words(minimum)} must have passed since the last dose: {in_words(minimum - since)} to go",
            observed=in_words(since),
            limit=in_words(minimum),
            source=course.protocol.source_of("medicine.minimum_observation"),
        )


def still_runs(session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """The blocker of a discharge while the medicine still runs."""
    if session.running_infusion is not None:
        yield Blocker(
            code="infusion.running",
            message="An infusion was started and has not been stopped",
            absolute=not session.was_away(at),
        )


def _reading_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    rules, source = course.protocol.medicine.discharge, course.protocol.source_of
    reading = session.reading_before(at)
    if reading is None or reading.at < observation.begun(course.protocol, session).at:
        yield Blocker(
            code="vitals.missing",
            message="No vitals have been taken since the dose",
            absolute=not session.was_away(at),
        )
        return
    if at - reading.at > rules.reading_valid:
        yield Blocker(
            code="vitals.too_old",
            message=f"The last vitals are {in_words(at - reading.at)} old; {in_words(rules.reading_valid)} at most",
            observed=in_words(at - reading.at),
            limit=in_words(rules.reading_valid),
            source=source("medicine.discharge.reading_valid"),
        )
    found = newest(session, at, since=_signs_since(course, session, reading, at))
    taken = {vital: value_of(one, vital) for vital, one in found.items()}
    cleared_with = at_clearance(course.protocol, session)
    least = {
        Vital.MOAAS: (rules.moaas_min, "moaas_min"),
        Vital.SPO2: (rules.spo2_min, "spo2_min"),
    }
    for vital in Vital:
        is_compared = vital in PRESSURE and vital in cleared_with
        is_asked = is_compared or vital in course.protocol.medicine.checkpoints.required
        if is_asked and vital not in taken and vital not in least:
            yield Blocker(
                code=f"discharge.{vital}_missing",
                message=f"{SPOKEN[vital]} was not taken in the last {in_words(rules.reading_valid)}",
                source=source("medicine.checkpoints.required"),
            )
    for vital in (Vital.SYSTOLIC, Vital.DIASTOLIC):
        observed, before = taken.get(vital), cleared_with.get(vital)
        if observed is None or before is None:
            continue
        percent = round(100 * abs(observed - before) / before, 1)
        if percent > rules.bp_within_percent:
            yield Blocker(
                code=f"discharge.{vital}_not_near_baseline",
                message=f"{SPOKEN[vital]} {observed} is {percent:g} % from the {before} at clearance; "
                f"{rules.bp_within_percent} % are the most",
                observed=percent,
                limit=rules.bp_within_percent,
                source=source("medicine.discharge.bp_within_percent"),
            )
    for vital, (minimum, name) in least.items():
        observed = taken.get(vital)
        if observed is None or observed < minimum:
            yield Blocker(
                code=f"discharge.{vital}_below_limit" if observed is not None else f"discharge.{vital}_missing",
                message=f"{SPOKEN[vital]} {'was not taken' if observed is None else observed}; "
                f"must be at least {minimum}",
                observed=observed,
                limit=minimum,
                source=source(f"medicine.discharge.{name}"),
            )


def _signs_since(course: CourseState, session: MedicineSession, reading: Reading, at: datetime) -> datetime:
    """From when on a sign counts: each has its own age; where all are too old, those of the last reading's time do."""
    valid = course.protocol.medicine.discharge.reading_valid
    since = (reading.at if at - reading.at > valid else at) - valid
    return max(observation.begun(course.protocol, session).at, since)


def _verdict_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """A blocker for each urgent, emergency or unknown finding on the newest signs: an emergency's is absolute (S4).

    The signs are all that the protocol limits, and the symptoms, whether or not the discharge has its own limit. A
    reading of one sign takes back nothing that an earlier one found of another.
    """
    reading = session.reading_before(at)
    if reading is None or reading.at < observation.begun(course.protocol, session).at:
        return
    since = _signs_since(course, session, reading, at)
    for finding in standing_findings(course.protocol, session, at, since):
        if finding.severity.pages_as is not None or finding.code == symptoms.UNKNOWN:
            # One who has left cannot be measured again.
            is_final = finding.severity is VerdictSeverity.EMERGENCY and not session.was_away(at)
            yield Blocker(
                code=f"discharge.{finding.code.removeprefix('vitals.')}",
                message=f"In the last readings: {finding.message} ({finding.severity})",
                absolute=is_final,
                observed=finding.observed,
                limit=finding.limit,
                source=finding.source,
            )


def _later_blockers(session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """The blocker for a discharge dated before the patient's last reading."""
    if session.readings and (newest := session.readings[-1].at) > at:
        yield Blocker(
            code="discharge.before_reading",
            message=f"Vitals were taken {in_words(newest - at)} after that moment",
            absolute=True,
            observed=in_words(newest - at),
        )


def _medicine_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """The blockers of medicines that the protocol does not name, and that no clearance has weighed."""
    for blocker in observation.unknown_given(course.protocol, session, at):
        if not is_weighed(blocker, session.weighed):
            yield blocker


def _recheck_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """The blocker for a reading whose second reading is still missing, late or not."""
    for reading, due_at, _ in checkpoints.rechecks(course.protocol, session):
        within = in_words(due_at - reading.at)
        yield Blocker(
            code="discharge.recheck_missing",
            message=f"A second reading must be taken within {within} of the last one"
            if at <= due_at
            else f"A second reading was to be taken within {within} of the last one, and is missing",
            limit=within,
        )


def _assessment_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """What the assessment says; a patient who has left, and is not back, cannot be assessed any more."""
    rules, source = course.protocol.medicine.discharge, course.protocol.source_of
    begun_at = observation.begun(course.protocol, session).at
    if session.assessment is None or not begun_at <= session.assessment.at <= at:
        yield Blocker(
            code="discharge.not_assessed",
            message="The patient has not been assessed for discharge",
            absolute=not session.was_away(at),
        )
        return
    if _was_unwell_since(course, session, session.assessment.at, at):
        yield Blocker(
            code="discharge.not_assessed",
            message="The patient has been unwell since the assessment, and has not been assessed after it",
            absolute=not session.was_away(at),
        )
        return
    yield from _assessment_age_blockers(course, session, session.assessment.at, at)
    assessed = session.assessment.data
    if assessed.padss < rules.padss_min:
        yield Blocker(
            code="discharge.padss_below_limit",
            message=f"PADSS {assessed.padss} is below the limit of {rules.padss_min}",
            observed=assessed.padss,
            limit=rules.padss_min,
            source=source("medicine.discharge.padss_min"),
        )
    for name, is_required, holds, words in (
        ("oriented", rules.oriented, assessed.oriented, "The patient is not oriented"),
        ("steady_gait", rules.steady_gait, assessed.steady_gait, "The patient's gait is not steady"),
        (
            "dissociation_resolved",
            rules.dissociation_resolved,
            assessed.dissociation_resolved,
            "The dissociation has not resolved",
        ),
    ):
        if is_required and not holds:
            yield Blocker(
                code=f"discharge.not_{name}",
                message=words,
                observed=False,
                limit=True,
                source=source(f"medicine.discharge.{name}"),
            )


def _was_unwell_since(course: CourseState, session: MedicineSession, assessed_at: datetime, at: datetime) -> bool:
    """Whether a reading or an adverse event after the assessment was urgent or worse: it says nothing of them now."""
    if session.unwell_at is not None and assessed_at < session.unwell_at <= at:
        return True
    later = takewhile(lambda reading: reading.at > assessed_at, newest_first(session, at))
    return any(verdict(course.protocol, session, one).severity.pages_as for one in islice(later, MOST_READ))


def _assessment_age_blockers(
    course: CourseState, session: MedicineSession, assessed_at: datetime, at: datetime
) -> Iterator[Blocker]:
    """The blockers of an assessment before the minimum observation (S4: after two hours), or of long ago."""
    rules, source = course.protocol.medicine, course.protocol.source_of
    if (since := assessed_at - observation.begun(course.protocol, session).at) < rules.minimum_observation:
        yield Blocker(
            code="discharge.assessed_too_early",
            message=f"The patient was assessed {in_words(since)} after the dose; must be at least "
            f"{in_words(rules.minimum_observation)}",
            observed=in_words(since),
            limit=in_words(rules.minimum_observation),
            source=source("medicine.minimum_observation"),
        )
    if (age := at - assessed_at) > rules.discharge.assessment_valid:
        yield Blocker(
            code="discharge.assessment_too_old",
            message=f"The assessment is {in_words(age)} old; {in_words(rules.discharge.assessment_valid)} at most",
            observed=in_words(age),
            limit=in_words(rules.discharge.assessment_valid),
            source=source("medicine.discharge.assessment_valid"),
        )


def _measure_blockers(course: CourseState, session: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """The blockers of what the protocol asks between the dose and the door: not answered since, or a raised risk.

    The prescriber weighs it anew, whatever was weighed before the dose.
    """
    since = observation.begun(course.protocol, session).at
    for instrument in course.protocol.medicine.discharge.measures or ():
        taken = course.measure_at(instrument, at)
        risk = taken.scored.risk if taken is not None else None
        if taken is None or taken.at < since:
            yield Blocker(
                code=f"measure.{instrument}_missing",
                message=f"{instrument_name(instrument)} has not been taken since the dose",
                limit=instrument,
                source=course.protocol.source_of("medicine.discharge.measures"),
            )
        elif risk is not None and risk.is_raised:
            yield Blocker(
                code=f"measure.{instrument}_raised",
                message=f"{instrument_name(instrument)} before leaving shows a {risk} risk of suicide",
                observed=risk,
                source=course.protocol.source_of("medicine.discharge.measures"),
            )


def _leaving_blockers(course: CourseState, escort: bool, instructions: bool) -> Iterator[Blocker]:
    if course.protocol.medicine.escort_required and not escort:
        yield Blocker(
            code="escort.missing",
            message="Nobody is there to escort the patient home",
            source=course.protocol.source_of("medicine.escort_required"),
        )
    if not instructions:
        yield Blocker(code="discharge.no_instructions", message="Written instructions have not been given")


def _discharge_blockers(course: CourseState, session: MedicineSession, event: PatientDischarged) -> tuple[Blocker, ...]:
    said = event.data
    return blockers(course, session, event.time, escort=said.escort, instructions=said.instructions_given)


def _overrides(event: PatientDischarged) -> tuple[Override, ...]:
    return event.data.overrides if event.data.actor.role is Role.PRESCRIBER else ()


def _assess(transition: Transition[Any], session: MedicineSession, event: DischargeAssessed) -> None:
    arrived = transition.recorded(event)
    stage = Stage.RECOVERING if session.is_monitored else session.stage
    transition.keep(session.but(stage=stage, assessment=newer(session.assessment, arrived)))
    returning.after_sign(transition, session.number, arrived)


def _discharge(transition: Transition[Any], session: MedicineSession, event: PatientDischarged) -> None:
    end(transition, session.but(discharge=transition.recorded(event)), event.time)


def end(transition: Transition[Any], session: MedicineSession, at: datetime) -> None:
    """Ends the stay of a dosed patient: nobody is asked for readings, and calls, talks and forms fall due."""
    transition.keep(unsettled(session).but(stage=Stage.DISCHARGED))
    transition.settle(Kind.VITALS_OVERDUE, session.number)
    if transition.course.phase is Phase.MEDICINE:
        transition.enter(Phase.INTEGRATION, at)
    go_on_when_integrated(transition, at)
    close_when_withdrawn(transition, at)


def _session_of_assessment(
    course: CourseState, rule: SessionEventRule[DischargeAssessed], event: DischargeAssessed
) -> MedicineSession | None:
    """The session under way then; also one from which they have been discharged since, for it rests on this.

    Else the one from which they were lost, if somebody at the clinic assessed them: they are here.
    """
    home = (one for one in course.newest_first if one.discharge is not None and one.was_under_way(event.time))
    if found := under_way(course, rule, event) or next(home, None):
        return found
    gone = returning.just_gone(course, event.time) if event.data.actor.role in returning.AT_THE_CLINIC else None
    return gone if gone is not None and returning.lost_at(gone) is not None else None


ASSESSED = SessionEventRule(
    event=DischargeAssessed,
    phases=ALWAYS,
    stages=MONITORED,
    place=_session_of_assessment,
    apply=_assess,
)
DISCHARGED = SessionEventRule(
    event=PatientDischarged,
    phases=ALWAYS,
    stages=MONITORED,
    roles=frozenset({Role.PRESCRIBER, Role.MONITOR}),
    standing=_standing,
    blockers=_discharge_blockers,
    overrides=_overrides,
    apply=_discharge,
)
RULES = (ASSESSED, DISCHARGED)
