"""Eligibility: screening findings that exclude, that a prescriber must weigh, or that are missing."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from domain.codes import folded, in_words
from domain.course.event_rule import ALWAYS, PRESCRIBER, EventRule
from domain.course.measure_history import answers
from domain.course.recorded import newer
from domain.course.rules import compared, consent, gates, known_risk, pregnancy, results, risk_screens
from domain.course.rules.exclusion import tell_of_exclusion
from domain.course.rules.weighing import is_weighed
from domain.course.state import CourseState, Outcome, Phase, WeightTold
from domain.course.transition import Transition
from domain.events.clinic_events import EligibilityDecided, EligibilityDecision, ScreeningRecorded
from domain.events.fields import PregnancyTest, weighed_by
from domain.protocol.instruments import instrument_name
from domain.protocol.model import Protocol
from domain.protocol.values import is_listed
from domain.values import Blocker, Code, absolute_first, count_of


def blockers(course: CourseState, at: datetime) -> tuple[Blocker, ...]:
    """Every blocker of the decision `eligible`, absolute ones first (CLINICAL.md 2)."""
    return absolute_first(_blockers(course, at))


def cautions(course: CourseState) -> tuple[str, ...]:
    """The patient's medications on the protocol's caution list; none of them blocks."""
    if course.screening is None:
        return ()
    protocol = course.protocol
    watched = protocol.screening.caution_medications
    return tuple(code for code in course.screening.data.medications if is_listed(protocol.canonical(code), watched))


def excluding(course: CourseState) -> Iterator[Blocker]:
    """The absolute blockers from the screening in force: no decision lifts them.

    One that the decision rested on may have been taken back: then there must be another.
    """
    if course.screening is None and course.eligibility is not None:
        yield _unscreened()
    is_negative_since = pregnancy.is_negative_since_screening(course)
    for finding in _findings_of(course):
        if finding.absolute and not (finding.code == "screening.pregnant" and is_negative_since):
            yield finding


def _unscreened() -> Blocker:
    return Blocker(code="screening.missing", message="The screening has not been recorded", absolute=True)


def undecided(course: CourseState) -> Iterator[Blocker]:
    """The relative blockers from the screening in force that the eligibility decision has not overridden.

    A patient may be screened again; new findings, and worse values, must be weighed like those known at the decision.
    """
    for finding in _findings_of(course):
        if not finding.absolute and not is_weighed(finding, course.weighed):
            yield finding


def undecided_results(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """The same of results by that moment: one of after the decision, or worse than what was weighed at it."""
    for finding in results.outside(course, at):
        if not is_weighed(finding, course.weighed):
            yield finding


def outdated(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """The blocker of a screening that is too old at that moment, counted from itself or from a dose since.

    After a dose the gap may be `course.rescreen_after`, and a screening in the gap holds for `screening.valid_for`.
    """
    rules = course.protocol
    screened_at = course.screening.at if course.screening and course.screening.at <= at else None
    doses = (dose.at for session in course.sessions for dose in session.doses)
    last_dose = max((dose for dose in doses if dose <= at), default=None)
    is_of_dose = last_dose is not None and at - last_dose <= rules.course.rescreen_after
    if is_of_dose or (screened_at is not None and _holds(screened_at, last_dose, rules.screening.valid_for, at)):
        return
    since, key, limit = (
        (last_dose, "course.rescreen_after", rules.course.rescreen_after)
        if last_dose is not None and (screened_at is None or screened_at <= last_dose)
        else (screened_at, "screening.valid_for", rules.screening.valid_for)
    )
    if since is None:
        return
    what = "last dose" if since is last_dose else "screening"
    yield Blocker(
        code="screening.outdated",
        message=f"The {what} was {count_of((at - since).days, 'day')} ago; there must be a new screening",
        observed=(at - since).days,
        limit=limit.days,
        source=rules.source_of(key),
    )


def _holds(screened_at: datetime, last_dose: datetime | None, valid_for: timedelta, at: datetime) -> bool:
    is_new = last_dose is None or screened_at > last_dose
    return is_new and at - screened_at <= valid_for


def _findings_of(course: CourseState) -> Iterator[Blocker]:
    if course.screening is not None:
        yield from _findings(course, course.screening.data)


def _blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    if course.screening is None or course.screening.at > at:
        yield _unscreened()
    else:
        yield from _findings(course, course.screening.data)
        yield from outdated(course, at)
        yield from compared.screening_blockers(course)
    yield from results.decision_blockers(course, at)
    yield from gates.decision_blockers(course, at)
    owed = tuple(risk_screens.owed_blockers(course, at))
    asked = {blocker.limit for blocker in owed}
    yield from owed
    for instrument in course.protocol.screening.measures:
        # A first visit has no contact before it that a screen could be about the time since.
        taken = answers(course.measures).newest_of_a_month(instrument, at)
        if instrument not in asked and (taken is None or at - taken.at > course.protocol.screening.valid_for):
            yield Blocker(
                code=f"measure.{instrument}_missing",
                message=f"{instrument_name(instrument)} has not been taken",
                limit=instrument,
                source=course.protocol.source_of("screening.measures"),
            )
    yield from known_risk.decision_blockers(course, at)
    yield from consent.blockers(course, at)
    yield from consent.further_blockers(course, at)


def _findings(course: CourseState, screening: ScreeningRecorded.Data) -> Iterator[Blocker]:
    protocol, rules = course.protocol, course.protocol.screening
    yield from _code_findings(protocol, screening)
    if screening.pregnancy_test is PregnancyTest.POSITIVE:
        yield Blocker(
            code="screening.pregnant",
            message="The pregnancy test is positive",
            absolute=True,
            observed=screening.pregnancy_test,
            source=protocol.source_of("screening.absolute"),
        )
    if screening.age_years < rules.age_min:
        yield Blocker(
            code="screening.age_below_limit",
            message=f"Age {screening.age_years} is below the limit of {rules.age_min}",
            absolute=True,
            observed=screening.age_years,
            limit=rules.age_min,
            source=protocol.source_of("screening.age_min"),
        )
    if rules.age_max is not None and screening.age_years > rules.age_max:
        yield Blocker(
            code="screening.age_above_limit",
            message=f"Age {screening.age_years} is above {rules.age_max}: the prescriber must weigh it",
            observed=screening.age_years,
            limit=rules.age_max,
            source=protocol.source_of("screening.age_max"),
        )
    for vital, observed, limit in (
        ("systolic", screening.systolic, rules.systolic_max),
        ("diastolic", screening.diastolic, rules.diastolic_max),
    ):
        if observed > limit:
            yield Blocker(
                code=f"screening.{vital}_above_limit",
                message=f"{vital.capitalize()} {observed} is above the screening limit of {limit}",
                observed=observed,
                limit=limit,
                source=protocol.source_of(f"screening.{vital}_max"),
            )
    if protocol.medicine.escort_required and not screening.escort_available:
        yield Blocker(
            code="screening.escort_unavailable",
            message="Nobody can escort the patient home",
            source=protocol.source_of("medicine.escort_required"),
        )
    yield from gates.findings(course, screening)


def _code_findings(protocol: Protocol, screening: ScreeningRecorded.Data) -> Iterator[Blocker]:
    """The findings on conditions and medications: what excludes, what is to be weighed, and what no list names.

    A medication may exclude a patient as a condition may: `absolute` names theophylline (CLINICAL.md 2.4, S9).
    """
    rules = protocol.screening
    harmless = (*rules.known, *rules.caution_medications)
    for said, name in _by_name(protocol, (*screening.conditions, *screening.medications)).items():
        if is_listed(name, rules.absolute):
            yield Blocker(
                code="screening.condition_excludes",
                message=f"{in_words(said)} excludes this treatment",
                absolute=True,
                observed=said,
                source=protocol.source_of("screening.absolute"),
            )
        elif is_listed(name, rules.review):
            yield Blocker(
                code=f"screening.{folded(name)}",
                message=f"{in_words(said)} needs the prescriber's decision, with a rationale",
                observed=name,
                source=protocol.source_of("screening.review"),
            )
        elif is_listed(name, harmless) or protocol.is_indication(name):
            continue
        elif said in screening.conditions:
            yield Blocker(
                code="screening.condition_unknown",
                message=f"{in_words(said)} is in no list of the protocol: the prescriber must weigh it",
                observed=said,
            )
        else:
            yield Blocker(
                code="screening.medication_unknown",
                message=f"{in_words(said)} is in no list of the protocol: the prescriber must weigh it",
                observed=said,
            )


def _by_name(protocol: Protocol, codes: Iterable[Code]) -> Mapping[Code, Code]:
    """Each code as it was reported, with the name that the protocol has for it; one spelled twice is there once."""
    first: dict[str, tuple[Code, Code]] = {}
    for code in codes:
        name = protocol.canonical(code)
        first.setdefault(folded(name), (code, name))
    return dict(first.values())


def _decision_blockers(course: CourseState, event: EligibilityDecided) -> tuple[Blocker, ...]:
    return blockers(course, event.time) if event.data.decision is EligibilityDecision.ELIGIBLE else ()


def _screen(transition: Transition[Any], event: ScreeningRecorded) -> None:
    arrived, before = transition.recorded(event), transition.course.screening
    in_force = newer(before, arrived)
    other = before if in_force is arrived else arrived
    if other is not None:
        told = WeightTold(at=other.at, sequence=other.sequence, kg=other.data.weight_kg)
        transition.change(earlier_weights=(*transition.course.earlier_weights, told))
    transition.change(screening=in_force)
    pregnancy.take(transition, event)
    if transition.course.screening is arrived and any(excluding(transition.course)):
        tell_of_exclusion(transition, event.time)


def _decide(transition: Transition[Any], event: EligibilityDecided) -> None:
    """Keeps what the prescriber weighed, with its values: what is found later, or worse, asks again."""
    lifted = weighed_by(event.data.overrides)
    course = transition.course
    found = (*_findings_of(course), *compared.screening_blockers(course), *results.outside(course, event.time))
    weighed = tuple(one for one in found if one.code in lifted)
    known = known_risk.weighed(course, event.time, lifted)
    transition.change(eligibility=transition.recorded(event), weighed=weighed, known_risk=known)
    if event.data.decision is EligibilityDecision.INELIGIBLE:
        transition.close(Outcome.INELIGIBLE, event.time)
    else:
        transition.enter(Phase.PREPARATION, event.time)


SCREENED = EventRule(event=ScreeningRecorded, phases=ALWAYS, apply=_screen)
DECIDED = EventRule(
    event=EligibilityDecided,
    phases=frozenset({Phase.SCREENING}),
    roles=PRESCRIBER,
    blockers=_decision_blockers,
    foreseen=blockers,
    overrides=lambda event: event.data.overrides,
    apply=_decide,
)
RULES = (SCREENED, DECIDED)
