"""Anything that a clinic may report of a course, right or wrong, and what it would report if all went well."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from domain.course.rules.dose_bounds import LEAST_MG
from domain.course.session import Stage
from domain.course.state import Phase
from domain.escalation.messages import Kind
from domain.events.clinic_events import ClinicEvent, DoseAdministered, IntegrationHeld, PreparationHeld
from domain.events.fields import PregnancyTest
from domain.protocol.values import Vital
from domain.values import Actor
from tests.support.cast import (
    CALM,
    EVERYBODY,
    HAS_A_METHOD,
    HAS_A_PLAN,
    LIND,
    MARA,
    OSEI,
    TOPICS,
    WARD,
    abortion,
    adverse_event,
    assessment,
    booking,
    call,
    cancellation,
    check_in,
    clearance,
    consent,
    consent_withdrawn,
    cssrs,
    days,
    died,
    discharge,
    discontinuation,
    dose,
    eligible,
    follow_up,
    form,
    gad7,
    handed_over,
    hold,
    hours,
    ineligible,
    infusion_paused,
    infusion_resumed,
    infusion_started,
    infusion_stopped,
    integration,
    left,
    medication,
    migration,
    minutes,
    missed,
    note,
    over,
    phq9,
    plan,
    preparation,
    rebooking,
    referral,
    resumption,
    returned,
    screening,
    seconds,
    transfer,
    vitals,
    voiding,
    weekly,
    withdrawal,
)
from tests.support.ward import TICK, Ward

Value = TypeVar("Value")

WRONG = ("above_limit", "below_limit", "missing", "not_near_baseline")
"""What a gate may find of a sign."""

LIFTED = over(
    *(f"{gate}.{vital}_{what}" for gate in ("vitals", "discharge") for vital in Vital for what in WRONG),
    "fasting.solids_too_recent",
    "fasting.fluids_too_recent",
    "escort.missing",
    "pregnancy_test.missing",
    "pregnancy_test.no_longer_applicable",
    "weight.far_from_last",
    "weight.may_be_pounds",
    "weight.out_of_range",
    "medications.changed",
    "measure.cssrs_missing",
    "interval.shorter_than_plan",
    "interval.too_short",
    "integration.outstanding",
    "screening.outdated",
    "plan.review_due",
    "vitals.too_old",
    "discharge.observation_too_short",
    "discharge.padss_below_limit",
    "discharge.symptom_reported",
    "discharge.not_oriented",
    "discharge.not_steady_gait",
    "discharge.not_dissociation_resolved",
    "discharge.recheck_missing",
    "discharge.symptom_unknown",
    "discharge.not_assessed",
    "vitals.missing",
    "screening.cystitis",
    "screening.systolic_above_limit",
    "screening.age_above_limit",
    "screening.diastolic_above_limit",
    *(f"escalation.{kind}_open" for kind in Kind),
    "discharge.assessed_too_early",
    "discharge.assessment_too_old",
    "measure.cssrs_raised",
    "vitals.symptom_reported",
    "vitals.symptom_unknown",
)
"""What a prescriber may weigh, some of it only where they have left; the rest is absolute, or none of these stories."""

SHORT = [seconds(1), minutes(1), minutes(5), minutes(10), minutes(15), minutes(40)]
LONG = [hours(2), hours(7), days(1), days(3), days(8)]
LENGTHS = st.sampled_from([*SHORT, *LONG])
"""From a second to a week."""

SHIFTS = st.sampled_from(
    [timedelta()] * 6
    + [TICK, -TICK, -minutes(1), -minutes(6), -minutes(31), -hours(3), -days(2), seconds(60), seconds(61)]
)
LIFE_SIGNS: Mapping[str, tuple[int | None, ...]] = {
    "systolic": (126, 126, 126, 143, 165, 185, 195, None),
    "diastolic": (79, 79, 79, 79, 79, 112, None),
    "heart_rate": (74, 74, 74, 74, 74, 125, None),
    "spo2": (98, 98, 98, 98, 98, 93, 88, None),
    "respiratory_rate": (14, 14, 14, 14, 14, 9, 7, None),
    "moaas": (5, 5, 5, 5, 4, 2, None),
}
"""What a monitor may show of each sign, or of this one nothing."""

REPORTED: tuple[tuple[str, ...] | None, ...] = (
    (),
    (),
    (),
    None,
    ("nausea",),
    ("Chest Pain",),
    ("agitation", "dizziness"),
    ("suicidal_ideation",),
    ("tingling_teeth",),
)
"""Whether anybody asked the patient, and what they said: the last of it stands in no list."""

ACTORS = st.sampled_from([OSEI] * 8 + [LIND] * 3 + list(EVERYBODY))

SELDOM = {
    "eligibility.decided no",
    "patient.withdrew",
    "patient.died",
    "note.added",
    "patient.handed_over",
    "course.discontinued",
    "course.transferred",
    "course.voided",
    "protocol.migrated",
    "course.referred",
}
"""What ends a story, or hardly moves it."""


def a_while(data: st.DataObject, ward: Ward) -> timedelta:
    """Some length of time: a short one while the patient is here, so that their visit is told and not slept through."""
    is_here = any(session.has_the_patient for session in ward.course.sessions)
    return data.draw(st.sampled_from([*SHORT, LONG[0]] if is_here else [*SHORT, *LONG]))


def anything(data: st.DataObject, ward: Ward) -> ClinicEvent:
    """Some clinic event, by somebody, about then, of a session that may or may not be there.

    One in two is of a type that may come now: it is refused, if at all, for what it says.
    """
    makers = _makers(data, ward)
    offered = {act.removeprefix("kap.") for act in ward.course.next_acts(ward.now)}
    may_come = [name for name in makers if name.partition(" ")[0] in offered]
    any_of = data.draw(st.sampled_from([may_come or [*makers], [*makers]]))
    name = data.draw(st.sampled_from([name for name in any_of for _ in range(1 if name in SELDOM else 4)]))
    return makers[name]()


def some_dose(data: st.DataObject, ward: Ward) -> ClinicEvent:
    """A dose as it was given, whatever the gates say of it: then or earlier, in some session or in none."""
    draw = data.draw
    newest = ward.course.session.number if ward.course.session else 1
    return dose(
        MARA,
        draw(st.sampled_from([newest] * 4 + [None, newest + 1, max(1, newest - 1)])),
        at=ward.now + draw(st.sampled_from([timedelta()] * 3 + [-minutes(1), -minutes(31), -hours(3), -days(2)])),
        by=draw(ACTORS),
        mg=draw(st.sampled_from([35.0] * 4 + [1.0, 60.0, 200.0])),
        route=draw(st.sampled_from(["intramuscular"] * 6 + ["intravenous"])),
    )


def some_reading(data: st.DataObject, session: int | None, at: datetime, by: Actor) -> ClinicEvent:
    """A reading of which any sign may be missing: one in three is whole, one is of a few, one is of anything."""
    draw = data.draw
    shape = draw(st.sampled_from(["whole", "few", "any"]))
    kept = draw(st.sets(st.sampled_from([*LIFE_SIGNS]), max_size=3)) if shape == "few" else {*LIFE_SIGNS}
    signs: dict[str, Any] = {
        sign: draw(st.sampled_from(LIFE_SIGNS[sign])) if sign in kept else None for sign in LIFE_SIGNS
    }
    if shape == "whole":
        signs = {sign: LIFE_SIGNS[sign][0] if signs[sign] is None else signs[sign] for sign in LIFE_SIGNS}
    said = draw(st.sampled_from(REPORTED if any(signs.values()) else [one for one in REPORTED if one]))
    return vitals(MARA, session, at=at, by=by, symptoms=said, **signs)


def _makers(data: st.DataObject, ward: Ward) -> Mapping[str, Callable[[], ClinicEvent]]:
    """By the event's type, and where there are several of one, a word for each.

    Infusions and other medicines are left to tests/domain/course/rules/: the oracle knows injections alone.
    """
    draw = data.draw
    at = ward.now + draw(SHIFTS)
    by = draw(ACTORS)
    newest = ward.course.session.number if ward.course.session else 1
    number = draw(st.sampled_from([newest] * 6 + [newest + 1, max(1, newest - 1), 9]))
    told = draw(st.sampled_from([number] * 6 + [None]))
    lifted = draw(st.sampled_from([(), LIFTED]))

    def seldom(usual: Value, *others: Value) -> Value:
        return draw(st.sampled_from([usual] * 4 + [*others]))

    return {
        "course.referred": lambda: referral(MARA, at=at),
        "screening.recorded": lambda: screening(
            MARA, at=at, by=by, conditions=seldom([], ["cystitis"], ["active_mania"]), systolic=seldom(124, 155)
        ),
        "consent.signed": lambda: consent(
            MARA, at=at, by=by, version=seldom("2026-01", "2025-01"), document=seldom("kap-consent", "photo-consent")
        ),
        "consent.withdrawn": lambda: consent_withdrawn(MARA, at=at, by=by),
        "measure.recorded phq9": lambda: phq9(MARA, at=at, items=seldom((0,) * 9, (1,) * 9)),
        "measure.recorded gad7": lambda: gad7(MARA, at=at),
        "measure.recorded cssrs": lambda: cssrs(MARA, at=at, items=seldom(CALM, HAS_A_METHOD, HAS_A_PLAN)),
        "eligibility.decided": lambda: eligible(MARA, at=at, by=by, overrides=lifted),
        "eligibility.decided no": lambda: ineligible(MARA, at=at, by=by),
        "plan.prescribed": lambda: plan(MARA, at=at, by=by, sessions=seldom(3, None, 4, 9)),
        "preparation.held": lambda: preparation(MARA, at=at, by=by, topics=seldom(TOPICS, TOPICS[:1]), minutes=30),
        "session.booked": lambda: booking(MARA, number, at=at, by=by, starts_at=at + draw(LENGTHS)),
        "session.rebooked": lambda: rebooking(MARA, number, at=at, by=by, starts_at=at + draw(LENGTHS)),
        "session.canceled": lambda: cancellation(MARA, number, at=at, by=by),
        "session.missed": lambda: missed(MARA, told, at=at, by=by),
        "patient.checked_in": lambda: check_in(
            MARA,
            told,
            at=at,
            by=by,
            escort=seldom(True, False),
            weight_kg=seldom(70.0, 52.5, None),
            last_solids_at=at - seldom(hours(12), hours(1)),
            pregnancy_test=seldom(PregnancyTest.NEGATIVE, PregnancyTest.POSITIVE, None),
            medications_changed=seldom(False, True),
        ),
        "vitals.recorded": lambda: some_reading(data, told, at, by),
        "session.cleared": lambda: clearance(MARA, number, at=at, by=by, overrides=lifted),
        "dose.administered": lambda: dose(
            MARA,
            told,
            at=at,
            by=by,
            mg=seldom(35.0, 1.0, 60.0, 200.0),
            route=seldom("intramuscular", "intravenous"),
            witness=seldom(None, WARD),
        ),
        "patient.left": lambda: left(MARA, number, at=at, by=by),
        "patient.returned": lambda: returned(MARA, number, at=at, by=by),
        "patient.handed_over": lambda: handed_over(MARA, number, at=at, by=by),
        "patient.died": lambda: died(MARA, at=at, by=by),
        "note.added": lambda: note(MARA, at=at, by=by),
        "adverse_event.reported": lambda: adverse_event(
            MARA,
            seldom(None, number),
            at=at,
            by=by,
            grade=seldom(3, 4, 5),
            term=seldom("nausea", "left_before_discharge", "suicidal_intent"),
        ),
        "session.aborted": lambda: abortion(MARA, told, at=at, by=by),
        "discharge.assessed": lambda: assessment(
            MARA,
            told,
            at=at,
            by=by,
            padss=seldom(10, 8),
            oriented=seldom(True, False),
            steady_gait=seldom(True, False),
            dissociation_resolved=seldom(True, False),
        ),
        "patient.discharged": lambda: discharge(
            MARA,
            number,
            at=at,
            by=by,
            escort=seldom(True, False),
            instructions_given=seldom(True, False),
            overrides=lifted,
        ),
        "check_in.completed": lambda: call(
            MARA,
            told,
            at=at,
            by=by,
            days_after=draw(st.sampled_from([1, 3, 7, 2])),
            suicidal_ideation=seldom(False, True),
            symptoms=seldom((), ("suicidal_ideation",), ("nausea",)),
        ),
        "integration.held": lambda: integration(MARA, told, at=at, by=by, minutes=30),
        "form.filed": lambda: form(MARA, told, at=at, by=by, form=seldom("session_monitoring", "other")),
        "follow_up.held": lambda: follow_up(MARA, at=at, by=by, days_after=draw(st.sampled_from([30, 90, 180, 31]))),
        "course.held": lambda: hold(MARA, at=at, by=by),
        "course.resumed": lambda: resumption(MARA, at=at, by=by),
        "patient.withdrew": lambda: withdrawal(MARA, at=at, by=by),
        "course.discontinued": lambda: discontinuation(MARA, at=at, by=by),
        "course.transferred": lambda: transfer(MARA, at=at, by=by),
        "course.voided": lambda: voiding(MARA, at=at, by=by),
        "protocol.migrated": lambda: migration(MARA, at=at, by=by, to_version=seldom("1.1.0", "9.9.9")),
    }


def next_of_a_good_story(ward: Ward) -> ClinicEvent | None:
    """What the clinic would report next, if all went well from here; None where only a human's answer is missing."""
    course, now, session = ward.course, ward.now, ward.course.session
    number = session.number if session else 1
    taken = {one.scored.instrument for one in course.measures}
    if course.hold is not None:
        return resumption(MARA, at=now)
    if course.phase is Phase.MEDICINE and "consent" in _blocked(ward):
        return consent(MARA, at=now)
    if course.phase is Phase.MEDICINE and "screening" in _blocked(ward):
        return screening(MARA, at=now)
    match course.phase, session.stage if session else None:
        case Phase.SCREENING, _:
            todo: tuple[tuple[bool, ClinicEvent], ...] = (
                (course.screening is not None, screening(MARA, at=now)),
                ("phq9" in taken, phq9(MARA, at=now)),
                ("gad7" in taken, gad7(MARA, at=now)),
                ("cssrs" in taken, cssrs(MARA, at=now)),
                ("consent" not in _blocked(ward), consent(MARA, at=now)),
            )
            return next((event for is_done, event in todo if not is_done), eligible(MARA, at=now, overrides=LIFTED))
        case Phase.PREPARATION, _:
            return plan(MARA, at=now) if course.plan is None else preparation(MARA, at=now, minutes=30)
        case Phase.MEDICINE, Stage.BOOKED:
            return check_in(MARA, number, at=now)
        case Phase.MEDICINE, (Stage.CHECKED_IN | Stage.CLEARED) if "check_in" in _blocked(ward):
            return abortion(MARA, number, at=now)
        case Phase.MEDICINE, Stage.CHECKED_IN:
            assert session is not None
            is_fresh = session.reading_before(now) is not None and "vitals" not in _blocked(ward)
            return clearance(MARA, number, at=now, overrides=LIFTED) if is_fresh else vitals(MARA, number, at=now)
        case Phase.MEDICINE, Stage.CLEARED:
            return dose(MARA, number, at=now)
        case Phase.MEDICINE, Stage.DOSED:
            return assessment(MARA, number, at=now)
        case Phase.MEDICINE, Stage.RECOVERING:
            is_fresh = "vitals" not in _blocked(ward)
            leaves = discharge(MARA, number, at=now, by=OSEI, overrides=LIFTED)
            return leaves if is_fresh else vitals(MARA, number, at=now)
        case ((Phase.MEDICINE | Phase.INTEGRATION), (Stage.CANCELED | Stage.MISSED | Stage.ABORTED)):
            return rebooking(MARA, number, at=now, starts_at=now + days(7))
        case Phase.INTEGRATION, _:
            return integration(MARA, number, at=now, minutes=30)
        case Phase.MEDICINE, _:
            number = 1 if session is None else number + 1
            return booking(MARA, number, at=now, starts_at=now + days(7))
        case Phase.FOLLOW_UP, _:
            held = {visit.data.days_after for visit in course.follow_ups}
            return next((follow_up(MARA, at=now, days_after=day) for day in (30, 90, 180) if day not in held), None)
        case _:
            return None


def _blocked(ward: Ward) -> set[str]:
    return {blocker.code.split(".")[0] for blocker in ward.course.blockers(ward.now)}


def everything(ward: Ward) -> tuple[ClinicEvent, ...]:
    """Every clinic event as it would be reported this moment, in every version that a course at this point may need.

    This moment by the clinic's clock, which may run ahead of ours: never before what it has reported already.
    """
    at, course = _by_the_clinics_clock(ward), ward.course
    numbers = [session.number for session in course.sessions] or [1]
    newest = numbers[-1]
    return (
        referral(MARA, at=at),
        screening(MARA, at=at),
        consent(MARA, at=at),
        consent_withdrawn(MARA, at=at),
        cssrs(MARA, at=at),
        eligible(MARA, at=at),
        ineligible(MARA, at=at),
        plan(MARA, at=at),
        preparation(MARA, at=at),
        booking(MARA, newest, at=at, starts_at=at + days(30)),
        booking(MARA, newest + 1, at=at, starts_at=at + days(30)),
        *(rebooking(MARA, number, at=at, starts_at=at + days(30)) for number in numbers),
        *(cancellation(MARA, number, at=at) for number in numbers),
        *(missed(MARA, number, at=at) for number in numbers),
        *(check_in(MARA, number, at=at) for number in numbers),
        *(vitals(MARA, number, at=at) for number in numbers),
        *(clearance(MARA, number, at=at, overrides=LIFTED) for number in numbers),
        *(dose(MARA, number, at=at, mg=LEAST_MG) for number in numbers),
        *(dose(MARA, number, at=at) for number in numbers),
        *(dose(MARA, number, at=at, by=OSEI, mg=LEAST_MG, witness=WARD) for number in numbers),
        *(infusion_started(MARA, number, at=at, mg=LEAST_MG) for number in numbers),
        *(infusion_paused(MARA, number, at=at) for number in numbers),
        *(infusion_resumed(MARA, number, at=at) for number in numbers),
        *(infusion_stopped(MARA, number, at=at, mg_given=LEAST_MG) for number in numbers),
        *(medication(MARA, number, at=at) for number in numbers),
        *(left(MARA, number, at=at) for number in numbers),
        *(returned(MARA, number, at=at) for number in numbers),
        *(handed_over(MARA, number, at=at) for number in numbers),
        died(MARA, at=at),
        note(MARA, at=at),
        adverse_event(MARA, at=at),
        *(abortion(MARA, number, at=at) for number in numbers),
        *(assessment(MARA, number, at=at) for number in numbers),
        *(discharge(MARA, number, at=at, by=OSEI, overrides=LIFTED) for number in numbers),
        *(call(MARA, number, at=at, days_after=day) for number in numbers for day in (1, 3, 7)),
        *(integration(MARA, number, at=at) for number in numbers),
        *(form(MARA, number, at=at) for number in numbers),
        *(follow_up(MARA, at=at, days_after=day) for day in (30, 90, 180)),
        hold(MARA, at=at),
        resumption(MARA, at=at),
        withdrawal(MARA, at=at),
        discontinuation(MARA, at=at),
        transfer(MARA, at=at),
        voiding(MARA, at=at),
        migration(MARA, at=at, to_version="1.1.0"),
    )


def offered_and_accepted(ward: Ward) -> tuple[set[str], set[str]]:
    if "1.1.0" not in ward.versions:
        ward.migrates_to(weekly({"version": "1.1.0"}))
    offered = set(ward.course.next_acts(_by_the_clinics_clock(ward)))
    asked = [event.but(id="asked") for event in everything(ward)]
    accepted: set[str] = {event.type for event in asked if ward.would_take(event)}
    # The dose that is tried is the least there is, to ask whether any fits the bounds: that it is small says nothing.
    doses = (event for event in asked if isinstance(event, DoseAdministered))
    accepted |= {event.type for event in doses if _is_only_small(ward, event)}
    # A talk is wanted from the discharge on; one that is told this moment has taken its time.
    talks = (event for event in asked if isinstance(event, PreparationHeld | IntegrationHeld))
    accepted |= {event.type for event in talks if _is_only_soon(ward, event)}
    if ward.course.is_death_reported or ward.course.died_at is not None:
        # Whoever is dosed after a death is measured and sent home, though the record says that they died; so it is in a
        # course that was entered in error.
        accepted |= {event.type for event in asked if event.type in offered and _is_against_their_death(ward, event)}
    return offered, accepted


def _is_only_soon(ward: Ward, talk: ClinicEvent) -> bool:
    """Whether all that speaks against the talk is that it began before the discharge, or while another one went on."""
    against = {blocker.code for blocker in ward.course.blockers_for(talk)}
    return bool(against) and against <= {
        "preparation.possible_duplicate",
        "integration.possible_duplicate",
        "integration.before_discharge",
    }


def _is_only_small(ward: Ward, event: ClinicEvent) -> bool:
    return {one.code for one in ward.course.blockers_for(event)} == {"dose.far_below_plan"}


def _is_against_their_death(ward: Ward, event: ClinicEvent) -> bool:
    return {one.code for one in ward.course.blockers_for(event)} == {"patient.deceased"}


def _by_the_clinics_clock(ward: Ward) -> datetime:
    return max((ward.now + TICK, *ward.course.newest.values()))
