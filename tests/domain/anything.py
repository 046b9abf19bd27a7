"""Anything that a clinic may report of a course, right or wrong, and what it would report if all went well."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from hypothesis import strategies as st

from domain.dosing import LEAST_MG
from domain.events import ClinicEvent, PregnancyTest
from domain.state import Phase, Stage
from tests.cast import (
    CALM,
    EVERYBODY,
    HAS_A_METHOD,
    HAS_A_PLAN,
    LIND,
    MARA,
    OSEI,
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
    discharge,
    discontinuation,
    dose,
    eligible,
    follow_up,
    form,
    gad7,
    hold,
    hours,
    ineligible,
    integration,
    migration,
    minutes,
    missed,
    over,
    phq9,
    plan,
    preparation,
    rebooking,
    referral,
    resumption,
    screening,
    seconds,
    transfer,
    vitals,
    voiding,
    weekly,
    withdrawal,
)
from tests.domain.ward import TICK, Ward

LIFTED = over(
    "fasting.solids_too_recent",
    "fasting.fluids_too_recent",
    "escort.missing",
    "pregnancy_test.missing",
    "medications.changed",
    "measure.cssrs_missing",
    "vitals.systolic_above_limit",
    "vitals.diastolic_above_limit",
    "vitals.heart_rate_above_limit",
    "vitals.spo2_below_limit",
    "interval.too_short",
    "integration.outstanding",
    "screening.outdated",
    "plan.review_due",
    "vitals.too_old",
    "discharge.observation_too_short",
    "discharge.padss_below_limit",
    "discharge.systolic_not_near_baseline",
    "discharge.diastolic_not_near_baseline",
    "discharge.spo2_below_limit",
)
"""What a prescriber may weigh; what is not among it is absolute, or is none of these stories."""

LENGTHS = st.sampled_from(
    [
        seconds(1),
        minutes(1),
        minutes(5),
        minutes(10),
        minutes(15),
        minutes(40),
        hours(2),
        hours(7),
        days(1),
        days(3),
        days(8),
    ]
)
SHIFTS = st.sampled_from(
    [timedelta()] * 6
    + [TICK, -TICK, -minutes(1), -minutes(6), -minutes(31), -hours(3), -days(2), seconds(60), seconds(61)]
)
ACTORS = st.sampled_from([OSEI] * 8 + [LIND] * 3 + list(EVERYBODY))

Draw = Callable[[st.SearchStrategy[object]], object]


def anything(data: st.DataObject, ward: Ward) -> ClinicEvent:
    """Some clinic event, by somebody, about then, of a session that may or may not be there."""
    draw = data.draw
    at = ward.now + draw(SHIFTS)
    by = draw(ACTORS)
    newest = ward.chart.session.number if ward.chart.session else 1
    number = draw(st.sampled_from([newest] * 6 + [newest + 1, max(1, newest - 1), 9]))
    lifted = draw(st.sampled_from([(), LIFTED]))
    starts_at = at + draw(LENGTHS)
    makers: Mapping[str, Callable[[], ClinicEvent]] = {
        "referral": lambda: referral(MARA, at=at),
        "screening": lambda: screening(
            MARA,
            at=at,
            by=by,
            conditions=draw(st.sampled_from([[], ["cystitis"], ["active_mania"]])),
            systolic=draw(st.sampled_from([124, 155])),
        ),
        "consent": lambda: consent(MARA, at=at, by=by, version=draw(st.sampled_from(["2026-01"] * 3 + ["2025-01"]))),
        "withdrawn": lambda: consent_withdrawn(MARA, at=at, by=by),
        "phq9": lambda: phq9(MARA, at=at, items=draw(st.sampled_from([(1,) * 9, (0,) * 9]))),
        "gad7": lambda: gad7(MARA, at=at),
        "cssrs": lambda: cssrs(MARA, at=at, items=draw(st.sampled_from([CALM] * 3 + [HAS_A_METHOD, HAS_A_PLAN]))),
        "eligible": lambda: eligible(MARA, at=at, by=by, overrides=lifted),
        "ineligible": lambda: ineligible(MARA, at=at, by=by),
        "plan": lambda: plan(MARA, at=at, by=by, sessions=draw(st.sampled_from([None, 3, 4, 9]))),
        "preparation": lambda: preparation(MARA, at=at, by=by),
        "booking": lambda: booking(MARA, number, at=at, by=by, starts_at=starts_at),
        "rebooking": lambda: rebooking(MARA, number, at=at, by=by, starts_at=starts_at),
        "cancellation": lambda: cancellation(MARA, number, at=at, by=by),
        "missed": lambda: missed(MARA, number, at=at, by=by),
        "check_in": lambda: check_in(
            MARA,
            number,
            at=at,
            by=by,
            escort=draw(st.booleans()),
            weight_kg=draw(st.sampled_from([70.0, 52.5, None])),
            last_solids_at=at - draw(st.sampled_from([hours(1), hours(12)])),
            pregnancy_test=draw(st.sampled_from([PregnancyTest.NEGATIVE] * 4 + [PregnancyTest.POSITIVE])),
        ),
        "vitals": lambda: vitals(
            MARA,
            number,
            at=at,
            by=by,
            systolic=draw(st.sampled_from([126] * 4 + [143, 165, 185, 195])),
            spo2=draw(st.sampled_from([98] * 4 + [93, 88])),
            heart_rate=draw(st.sampled_from([74] * 4 + [125])),
        ),
        "clearance": lambda: clearance(MARA, number, at=at, by=by, overrides=lifted),
        "dose": lambda: dose(
            MARA,
            number,
            at=at,
            by=by,
            mg=draw(st.sampled_from([35.0, 35.0, 1.0, 60.0, 200.0])),
            route=draw(st.sampled_from(["intramuscular"] * 4 + ["intravenous"])),
            witness=draw(st.sampled_from([None, WARD])),
        ),
        "adverse_event": lambda: adverse_event(MARA, draw(st.sampled_from([None, number])), at=at, by=by, grade=3),
        "abortion": lambda: abortion(MARA, number, at=at, by=by),
        "assessment": lambda: assessment(MARA, number, at=at, by=by, padss=draw(st.sampled_from([10, 10, 8]))),
        "discharge": lambda: discharge(
            MARA, number, at=at, by=by, escort=draw(st.sampled_from([True, True, False])), overrides=lifted
        ),
        "call": lambda: call(
            MARA,
            number,
            at=at,
            by=by,
            days_after=draw(st.sampled_from([1, 3, 7, 2])),
            suicidal_ideation=draw(st.sampled_from([False] * 4 + [True])),
        ),
        "integration": lambda: integration(MARA, number, at=at, by=by),
        "form": lambda: form(MARA, number, at=at, by=by, form=draw(st.sampled_from(["session_monitoring", "other"]))),
        "follow_up": lambda: follow_up(MARA, at=at, by=by, days_after=draw(st.sampled_from([30, 90, 180, 31]))),
        "hold": lambda: hold(MARA, at=at, by=by),
        "resumption": lambda: resumption(MARA, at=at, by=by),
        "withdrawal": lambda: withdrawal(MARA, at=at, by=by),
        "discontinuation": lambda: discontinuation(MARA, at=at, by=by),
        "transfer": lambda: transfer(MARA, at=at, by=by),
        "voiding": lambda: voiding(MARA, at=at, by=by),
        "migration": lambda: migration(MARA, at=at, by=by, to_version=draw(st.sampled_from(["1.1.0", "9.9.9"]))),
    }
    seldom = {"ineligible", "withdrawal", "discontinuation", "transfer", "voiding", "migration", "referral"}
    names = [name for name in makers for _ in range(1 if name in seldom else 4)]
    return makers[draw(st.sampled_from(names))]()


def next_of_a_good_story(ward: Ward) -> ClinicEvent | None:
    """What the clinic would report next, if all went well from here; None where only a human's answer is missing."""
    chart, now, session = ward.chart, ward.now, ward.chart.session
    number = session.number if session else 1
    taken = {one.scored.instrument for one in chart.measures}
    if chart.hold is not None:
        return resumption(MARA, at=now)
    match chart.phase, session.stage if session else None:
        case Phase.SCREENING, _:
            todo: tuple[tuple[bool, ClinicEvent], ...] = (
                (chart.screening is not None, screening(MARA, at=now)),
                ("phq9" in taken, phq9(MARA, at=now)),
                ("gad7" in taken, gad7(MARA, at=now)),
                ("cssrs" in taken, cssrs(MARA, at=now)),
                ("consent" not in _blocked(ward), consent(MARA, at=now)),
            )
            return next((event for is_done, event in todo if not is_done), eligible(MARA, at=now, overrides=LIFTED))
        case Phase.PREPARATION, _:
            return plan(MARA, at=now) if chart.plan is None else preparation(MARA, at=now)
        case Phase.MEDICINE, Stage.BOOKED:
            return check_in(MARA, number, at=now)
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
            return rebooking(MARA, number, at=now, starts_at=now + days(3))
        case Phase.INTEGRATION, _:
            return integration(MARA, number, at=now)
        case Phase.MEDICINE, _:
            number = 1 if session is None else number + 1
            return booking(MARA, number, at=now, starts_at=now + days(7))
        case Phase.FOLLOW_UP, _:
            held = {visit.data.days_after for visit in chart.follow_ups}
            return next((follow_up(MARA, at=now, days_after=day) for day in (30, 90, 180) if day not in held), None)
        case _:
            return None


def _blocked(ward: Ward) -> set[str]:
    return {blocker.code.split(".")[0] for blocker in ward.chart.blockers(ward.now)}


def everything(ward: Ward) -> tuple[ClinicEvent, ...]:
    """Every clinic event as it would be reported this moment, in every version that a course at this point may need."""
    at, chart = ward.now + TICK, ward.chart
    numbers = [session.number for session in chart.sessions] or [1]
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
        booking(MARA, newest, at=at, starts_at=at + days(3)),
        booking(MARA, newest + 1, at=at, starts_at=at + days(3)),
        rebooking(MARA, newest, at=at, starts_at=at + days(3)),
        cancellation(MARA, newest, at=at),
        missed(MARA, newest, at=at),
        check_in(MARA, newest, at=at),
        vitals(MARA, newest, at=at),
        clearance(MARA, newest, at=at, overrides=LIFTED),
        dose(MARA, newest, at=at, mg=LEAST_MG),
        dose(MARA, newest, at=at, by=OSEI, mg=LEAST_MG, witness=WARD),
        adverse_event(MARA, at=at),
        abortion(MARA, newest, at=at),
        assessment(MARA, newest, at=at),
        discharge(MARA, newest, at=at, by=OSEI, overrides=LIFTED),
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
    accepted: set[str] = {event.type for event in everything(ward) if ward.would_take(event.but(id="asked"))}
    return set(ward.chart.next_acts(ward.now + TICK)), accepted
